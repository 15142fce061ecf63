import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultPages, faultTable } from '../../docs/generate/fault-pages.ts';
import { FaultRow, readRows, withRow } from '../../docs/generate/fault-rows.ts';

const row = (own: Partial<FaultRow>) =>
  FaultRow.parse({
    fault: 'F3',
    title: 'killed',
    how: 'test/chaos/x.ts',
    at: '2026-11-26T20:00:00.000Z',
    load: 1,
    ...own,
  });

describe('the pages that tell what faults have done', () => {
  it('say what the last run has found', () => {
    for (const [file, text] of faultPages()) expect(readFileSync(file, 'utf8'), file).toBe(text);
  });

  it('tell of every fault, run or not', () => {
    const page = readFileSync('docs/failures.md', 'utf8');
    for (let number = 1; number <= 35; number += 1) expect(page).toContain(`\n## F${number}\n`);
  });

  it('name files that there are, and nothing that was lost, doubled or stuck', () => {
    for (const { how, fault, lost, doubled, stuck } of readRows()) {
      expect(existsSync(how), how).toBe(true);
      expect({ lost, doubled, stuck }, fault).toEqual({ lost: 0, doubled: 0, stuck: 0 });
    }
  });

  it('have a fault once, in its place, with what cannot run and why', () => {
    const older = [row({ times: 1 }), row({ fault: 'S1', title: 'restarts' }), row({ fault: 'F20', title: 'resets' })];
    const rows = withRow(
      withRow(older, row({ title: 'killed twice', times: 2 })),
      row({ fault: 'F18', notRun: 'no root' }),
    );
    expect(rows.map(({ fault, times }) => `${fault} ${times}`)).toEqual(['F3 2', 'F18 0', 'F20 0', 'S1 0']);
    const table = faultTable(rows);
    expect(table).toContain('| [F3](failures.md#f3) | killed twice | 2 | 0 | 0 | 0 | 0 |');
    expect(table).not.toContain('| [F18]');
    expect(table).toContain('* F18, killed: not run, no root.');
  });

  it('cannot be written while a fault has no story', () => {
    expect(() => faultPages([row({ fault: 'F99' })])).toThrow('does not tell of F99');
  });
});
