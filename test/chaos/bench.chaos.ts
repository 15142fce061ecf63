import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { aimIds, Goal } from '../../bench/goals.ts';

const Latest = z.strictObject({
  at: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
  machine: z.object({ cpu: z.string(), cores: z.number(), memoryGb: z.number() }),
  goals: z.array(Goal),
});

it('the bench measures one row in its smallest round, and writes all rows, its rounds and the picture', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const few = ['--quick', '--rounds', '1', '--seconds', '1', '--only', 'idle-latency', '--results', folder];
    const { stdout } = await promisify(execFile)(process.execPath, ['bin/bench.js', ...few]);
    const latest = Latest.parse(JSON.parse(readFileSync(join(folder, 'latest.json'), 'utf8')));
    expect(latest.goals.map(({ id }) => id)).toEqual(aimIds);
    const [measured] = latest.goals.filter(({ ours }) => ours !== 'not run');
    expect(measured).toMatchObject({ id: 'idle-latency', ours: { p50: expect.any(Number), p99: expect.any(Number) } });
    expect(readFileSync(join(folder, 'rounds.json'), 'utf8')).toContain('idle-latency');
    expect(readFileSync(join(folder, 'latest.svg'), 'utf8')).toContain('</svg>');
    expect(stdout).toContain('Orderflow: p50');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
