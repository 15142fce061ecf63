import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';

test.each([
  ['500 histories of each of four scenarios, by chance', ['--histories', '500', '--seed', seed()]],
  ['each fault at each step of each scenario', ['--each-fault']],
])('%s: nothing lost, doubled or out of place', async (_name, args) => {
  // A history waits for nothing: as many at once as there are cores.
  expect(await simulate([...args, '--parts', String(availableParallelism())])).toBe(0);
});

/** Another one each time, and printed: `CHAOS_SEED` has one told again. */
function seed(): string {
  return process.env['CHAOS_SEED'] ?? String(Date.now() % 1e9);
}

function simulate(args: readonly string[]): Promise<number | null> {
  process.stdout.write(`node test/simulation/main.ts ${args.join(' ')}\n`);
  return new Promise((done) => {
    spawn(process.execPath, ['test/simulation/main.ts', ...args], { stdio: 'inherit' }).once('exit', done);
  });
}
