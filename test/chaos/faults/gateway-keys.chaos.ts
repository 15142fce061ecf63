import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const keySeconds = 15;
const [charged, unheard] = [20, 20];
const title = `the answers to ${charged} charges or more are lost, then the gateway is away for longer than it knows its keys`;

const stale = new Set<string>();
let known = 0;
let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

const asked = async ({ platform: { sandbox } }: Deployment) =>
  (await sandbox.arrivals('stripe')).filter(({ method, path }) => method === 'POST' && path === '/v1/payment_intents');

async function forget(deployment: Deployment): Promise<void> {
  const { platform, buyers } = deployment;
  const { sandbox, orm } = platform;
  const fault = (kind: string) => sandbox.fault({ target: 'stripe', kind, seconds: 600 });
  const beganMs = performance.now();
  await fault('lost_answer');
  // Some cards are declined.
  buyers.want(2 * charged);
  await until('all are charged', async () => ((await sandbox.ledger()).length >= charged ? true : undefined));
  await fault('5xx');
  await sandbox.clearFaults();
  await fault('5xx');
  // Void if the gateway has forgotten something before it was away.
  expect(performance.now() - beganMs).toBeLessThan(keySeconds * 1_000);
  buyers.want(unheard);
  await sleep(keySeconds * 1_000 + 500);
  // A day goes by, in which a real gateway forgets them: what was begun was begun a day ago.
  const begun = await orm.em.fork().find(Payment, { chargingAt: { $ne: null } }, { fields: ['gatewayKey'] });
  for (const { gatewayKey } of begun) stale.add(gatewayKey);
  const aged = 'update payments set charging_at = charging_at - interval 24 hour where gateway_key in (?)';
  await orm.em.fork().execute(aged, [[...stale]]);
  // What was on its way at that moment is answered by one that is away.
  await sleep(2_000);
  known = (await asked(deployment)).length;
  await sandbox.clearFaults();
}

test('what was charged before an outage in which keys are forgotten is looked up, and not charged again', async () => {
  const strikes = [{ fault: 'F22', name: 'forgotten keys', inflict: forget }];
  const processes = ['api', 'worker', 'worker'] as const;
  const sandboxArgs = ['--key-seconds', String(keySeconds)];
  chaos = await runChaos({ seed: chosenSeed(), strikes, orders: charged, processes, sandboxArgs, isMeasured: true });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F22', title, times: 1 }]);
  expect(stale.size).toBeGreaterThanOrEqual(charged);
  const later = (await asked(chaos.deployment)).slice(known);
  expect(later.filter(({ idempotency_key: key }) => key !== null && stale.has(key))).toEqual([]);
});
