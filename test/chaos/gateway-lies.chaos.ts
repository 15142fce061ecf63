import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../support/load/chaos.ts';
import { prove, settle } from '../support/proof/prove.ts';
import { scaled } from '../support/proof/strike.ts';
import { usualProcesses } from '../support/proof/deployment.ts';
import { until } from '../support/processes/process.ts';
import { chosenSeed } from '../support/seeded.ts';

const orders = scaled(4_000);
const bought = 30;
const slowMs = 30_000;

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test(`${orders} orders at a gateway that charges and resets, charges and answers 500, and takes 30 s: each charged once`, {
  timeout: 1_800_000,
}, async () => {
  const seed = chosenSeed();
  const gatewayFaults = [
    { target: 'stripe', kind: 'lost_answer', rate: 0.2 },
    { target: 'stripe', kind: 'error_after_charge', rate: 0.1 },
    { target: 'stripe', kind: 'slow', rate: 0.05, ms: slowMs },
  ] as const;
  const strikes = [
    {
      fault: 'F20',
      name: 'a gateway that lies',
      async inflict({ buyers, platform, rows }: Chaos['deployment']) {
        await until('all are bought', () => (buyers.areDone() ? true : undefined), 1_200_000);
        // Buyers are quicker than such a gateway: it lies until every one of them has been told.
        const pending = "select count(*) as pending from orders where status = 'pending'";
        const areOver = async () => Number((await rows(pending))[0]?.['pending']) === 0 || undefined;
        await until('all are over', areOver, 1_200_000);
        // A call that is slow is so until its end, and no other of its key is heard meanwhile.
        await platform.sandbox.clearFaults();
        await sleep(slowMs);
      },
    },
  ];
  const people = { buyers: bought, thinkMs: 20, isMeasured: true };
  chaos = await runChaos({ seed, strikes, orders, gatewayFaults, processes: usualProcesses, ...people });
  const outcome = await settle(chaos);
  // Void unless payments were asked for more than once, always under one key.
  const asked = (await chaos.deployment.platform.sandbox.arrivals('stripe')).flatMap(
    ({ idempotency_key: key }) => key ?? [],
  );
  expect(asked.length).toBeGreaterThan(1.1 * new Set(asked).size);
  prove(chaos, outcome, import.meta.filename, [
    {
      fault: 'F20',
      title: 'the gateway charges and resets (20 %), charges and answers 500 (10 %), or takes 30 s (5 %)',
    },
  ]);
});
