import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const simulate = async (...args: readonly string[]) =>
  (await run(process.execPath, ['test/simulation/main.ts', ...args], { maxBuffer: 2 ** 26 })).stdout;

test('no order is lost or charged twice, no event lost, doubled or out of place, and no plan exceeded, whatever strikes', async () => {
  const told = await simulate('--histories', '100');
  expect(told.match(/^\w+: 100 histories/gm)).toHaveLength(3);
});

test('a seed tells the same history again', async () => {
  const args = ['--histories', '1', '--trace', '--seed', '77', '--scenario'];
  const [first, again] = await Promise.all([simulate(...args, 'orders'), simulate(...args, 'orders')]);
  const steps = (told: string) => told.split('\n').filter((line) => line.includes(' → '));
  expect(steps(again)).toEqual(steps(first));
  expect(steps(first).length).toBeGreaterThan(20);
});
