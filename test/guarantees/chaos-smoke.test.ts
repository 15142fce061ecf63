import { afterAll, expect, test } from 'vitest';
import { type Chaos, losses, runChaos } from '../support/load/chaos.ts';
import { killPoints } from '../support/load/kill-points.ts';
import { expectWhole, untilTerminal } from '../support/load/expect-whole.ts';
import { planKills } from '../support/proof/kill.ts';
import { chosenSeed, seeded } from '../support/seeded.ts';

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test('whatever dies between an order and its charge, no order is lost, charged twice, or left', async () => {
  const seed = chosenSeed();
  const startedAt = performance.now();
  const processes = ['api', 'worker', 'worker'] as const;
  chaos = await runChaos({ seed, strikes: planKills(seeded(seed), 0), orders: 130, processes, gatewayFaults: losses });
  const { deployment, struck } = chaos;
  const { buyers, platform } = deployment;
  const lastFaultAt = performance.now();
  const settledMs = await untilTerminal(platform, lastFaultAt);
  const repeats = buyers.bought.reduce((sum, bought) => sum + bought.repeats, 0);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  process.stdout.write(
    `${buyers.bought.length} orders (${repeats} requests repeated), ${struck.length} kills ` +
      `in ${seconds(lastFaultAt - startedAt)}; all over ${seconds(settledMs)} after the last fault\n`,
  );
  expect(struck.length).toBe(killPoints.length);
  expect(buyers.bought.length).toBeGreaterThanOrEqual(130);
  expect(buyers.complaints).toEqual([]);
  await expectWhole(platform, buyers.bought);
  // Void unless buyers had to ask again, and the gateway was asked again with a key it knew.
  expect(repeats).toBeGreaterThan(0);
  const keys = (await platform.sandbox.arrivals('stripe')).flatMap(({ idempotency_key: key }) => key ?? []);
  expect(keys.length).toBeGreaterThan(new Set(keys).size);
});
