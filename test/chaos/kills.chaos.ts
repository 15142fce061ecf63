import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos, usualPlan } from '../support/load/chaos.ts';
import { passesAtLength, planAtLength } from '../support/proof/kill.ts';
import { prove, settle } from '../support/proof/prove.ts';
import { scaled } from '../support/proof/strike.ts';
import { chosenSeed, seeded } from '../support/seeded.ts';

const passes = scaled(passesAtLength);
const ordersAKill = 12;

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test(`${passes} times every kill at every point: nothing is lost, doubled or left`, {
  timeout: 2_400_000,
}, async () => {
  const seed = chosenSeed();
  const strikes = planAtLength(seeded(seed), passes);
  const orders = strikes.length * ordersAKill;
  chaos = await runChaos({ ...usualPlan, seed, strikes, orders });
  const outcome = await settle(chaos);
  // Void unless buyers had to ask again.
  expect(chaos.deployment.buyers.bought.some(({ repeats }) => repeats > 0)).toBe(true);
  if (process.env['EVIDENCE_FILE']) writeFileSync(process.env['EVIDENCE_FILE'], JSON.stringify(outcome.evidence));
  prove(chaos, outcome, import.meta.filename, [
    { fault: 'F1', title: 'an API is killed before and after it commits' },
    { fault: 'F2', title: 'who sends jobs and events is killed before and after they have left' },
    { fault: 'F3', title: 'a worker is killed around its charge' },
    { fault: 'F4', title: 'Redis is killed, and is back at once without its last moments' },
    { fault: 'F5', title: 'MySQL is killed in the midst of commits' },
    { fault: 'F6', title: 'everything is killed at once' },
    { fault: 'F7', title: 'the gateway is killed while it charges' },
    { fault: 'F34', title: 'all faults of the above stop' },
  ]);
});
