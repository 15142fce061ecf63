import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../support/load/chaos.ts';
import { killPoints } from '../support/load/kill-points.ts';
import { expectWhole, untilTerminal } from '../support/load/expect-whole.ts';

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let chaos: Chaos | undefined;
afterAll(() => chaos?.stop());

test('whatever dies between an order and its charge, no order is lost, charged twice, or left', async () => {
  process.stdout.write(`CHAOS_SEED=${seed}\n`);
  const startedAt = performance.now();
  chaos = await runChaos({ seed, passes: 0, orders: 130 });
  const { platform, buyers, kills, killedProcesses, lastFaultAt } = chaos;
  const settledMs = await untilTerminal(platform, lastFaultAt);
  const repeats = buyers.bought.reduce((sum, bought) => sum + bought.repeats, 0);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  process.stdout.write(
    `${buyers.bought.length} orders (${repeats} requests repeated), ${kills.length} kills of ${killedProcesses} processes ` +
      `in ${seconds(lastFaultAt - startedAt)}; all over ${seconds(settledMs)} after the last fault\n`,
  );
  expect(kills.length).toBe(killPoints.length);
  expect(buyers.bought.length).toBeGreaterThanOrEqual(130);
  expect(buyers.complaints).toEqual([]);
  await expectWhole(platform, buyers.bought);
  // Void unless buyers had to ask again, and the gateway was asked again with a key it knew.
  expect(repeats).toBeGreaterThan(0);
  const keys = (await platform.sandbox.arrivals('stripe')).flatMap(({ idempotency_key: key }) => key ?? []);
  expect(keys.length).toBeGreaterThan(new Set(keys).size);
});
