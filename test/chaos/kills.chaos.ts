import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../support/load/chaos.ts';
import { expectWhole, untilTerminal } from '../support/load/expect-whole.ts';

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let chaos: Chaos | undefined;
afterAll(() => chaos?.stop());

test('the same four times over, with a thousand orders', async () => {
  process.stdout.write(`CHAOS_SEED=${seed}\n`);
  chaos = await runChaos({ seed, passes: 4, orders: 1_000, isForgetful: true });
  const settledMs = await untilTerminal(chaos.platform, chaos.lastFaultAt, 30_000);
  process.stdout.write(
    `${chaos.buyers.bought.length} orders, ${chaos.kills.length} kills, over after ${settledMs} ms\n`,
  );
  expect(chaos.kills.length).toBeGreaterThanOrEqual(120);
  expect(chaos.buyers.complaints).toEqual([]);
  await expectWhole(chaos.platform, chaos.buyers.bought);
});
