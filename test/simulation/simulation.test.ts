import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const histories = 60;

test('no order is lost or charged twice, no event lost, doubled or out of place, and no plan exceeded, whatever strikes', async () => {
  const args = ['test/simulation/main.ts', '--histories', String(histories)];
  // Ends with 1 where something must not be, or a seed does not tell the same history again.
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  const told = stdout.match(/^\w+: \d+ histories/gm);
  expect(told).toEqual(['outbox', 'orders', 'budget', 'webhooks'].map((name) => `${name}: ${histories} histories`));
});
