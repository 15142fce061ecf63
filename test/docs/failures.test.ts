import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultPages, faultTable } from '../../docs/generate/fault-pages.ts';
import { FaultRow, readRows, withRow } from '../../docs/generate/fault-rows.ts';
import { withFigures } from '../../docs/generate/filled-page.ts';

const row = (own: Partial<FaultRow>) =>
  FaultRow.parse({
    fault: 'F3',
    title: 'killed',
    how: 'test/chaos/x.ts',
    seed: 7,
    at: '2026-11-26T20:00:00.000Z',
    load: 1,
    ...own,
  });

describe('the pages that tell what faults have done', () => {
  it('say what the last run has found', () => {
    for (const [file, text] of faultPages()) expect(readFileSync(file, 'utf8'), file).toBe(text);
  });

  it.each([
    ['F', 35],
    ['S', 8],
    ['D', 12],
  ])('tell of every fault of %s, with a row for each, run or not', (kind, last) => {
    const page = readFileSync('docs/failures.md', 'utf8');
    const rows = new Set(readRows().map(({ fault }) => fault));
    for (let number = 1; number <= last; number += 1) {
      expect(page).toContain(`\n## ${kind}${number}\n`);
      expect(rows).toContain(`${kind}${number}`);
    }
  });

  it('tell by which seed each was run, or that it left nothing to chance', () => {
    const rows = readRows().filter(({ notRun }) => notRun === undefined);
    const table = faultTable(rows)
      .split('\n')
      .slice(2, rows.length + 2);
    for (const line of table) expect(line).toMatch(/`, (seed \d+|nothing by chance) \|$/);
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

  it('add up what adds something', () => {
    const kills = { how: 'test/chaos/kills.chaos.ts', times: 12 };
    const told = [
      row({ ...kills, orders: 300 }),
      row({ fault: 'F5', title: 'disks', times: 3, orders: 1_000, lost: 1 }),
      row({ ...kills, fault: 'F34', times: 1, orders: 300 }),
      row({ fault: 'F35', title: 'guards', times: 60 }),
      row({ fault: 'S8', title: 'crowds', notRun: 'no time' }),
    ];
    const sum =
      "15 faults, 12 of them kills at named points of an order's way; 1,300 orders, 1 lost, 0 doubled, 0 stuck.";
    expect(faultTable(told)).toContain(`\nTogether: ${sum} Added are all rows but F34 and F35:`);
  });

  it('have the figures of their rows in their sentences too', () => {
    const kills = { how: 'test/chaos/kills.chaos.ts', times: 217 };
    const rows = [row(kills), row({ ...kills, fault: 'F34', times: 1, orders: 4_321, slowestRecoverySeconds: 2 })];
    const [guarantees = '', , others = ''] = faultPages(rows).map(([, text]) => text);
    const told = '<!-- kills.orders -->4,321<!-- /kills.orders --> orders';
    for (const page of [guarantees, others]) expect(page).toContain(told);
    expect(guarantees).toContain('<!-- kills.times -->217<!-- /kills.times --> kills');
    expect(others).toContain('| <!-- kills.seconds -->2.0 s<!-- /kills.seconds --> after the last fault');
    // Of what these rows do not tell, that of the last run stays.
    expect(guarantees).toMatch(/<!-- clocks.orders -->\d+<!-- /);
    expect(withFigures('<!-- kills.times -->7<!-- /kills.times -->', { 'kills.times': undefined })).toContain('>7<');
    expect(() => withFigures('<!-- kills.time -->7<!-- /kills.time -->', {})).toThrow('kills.time');
  });

  it('tell as many simulated histories as are told at length', () => {
    const [, histories] = /'--histories', '(\d+)'/.exec(readFileSync('test/chaos/simulation.chaos.ts', 'utf8')) ?? [];
    expect(readFileSync('docs/guarantees.md', 'utf8')).toContain(`; \`npm run chaos\` ${histories} of each,`);
  });

  it('cannot be written while a fault has no story', () => {
    expect(() => faultPages([row({ fault: 'F99' })])).toThrow('does not tell of F99');
  });
});
