import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';
import { payment, refusalOf, stripeOf } from '../support/upstreams/stripe-client.ts';

const Told = z.object({
  type: z.string(),
  data: z.object({ object: z.looseObject({ status: z.string().optional() }) }),
});
const told: z.output<typeof Told>[] = [];
let server: Server;
let args: string[];
let sandbox: Sandbox;
let stripe: Stripe;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    told.push(Told.parse(JSON.parse(await text(request))));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  args = ['--webhook', url, '--refund-seconds', '0'];
  sandbox = await startSandbox({ args });
  stripe = stripeOf(sandbox);
});
beforeEach(() => told.splice(0));
afterEach(() => sandbox.clearFaults());
afterAll(async () => {
  await sandbox.stop();
  server.closeAllConnections();
  server.close();
});

const paidBy = async (payment_method: string) => (await stripe.paymentIntents.create(payment({ payment_method }))).id;
const refundsIn = async (intent: string) => {
  const rows = (await sandbox.ledger()).filter(
    ({ payment_intent, type }) => payment_intent === intent && type === 'refund',
  );
  return rows.map(({ amount }) => amount);
};
const steps = () => told.map(({ type, data }) => [type, data.object.status]);

test('a refund of the pending card succeeds by itself, and is in the ledger from then on', async () => {
  const intent = await paidBy('pm_card_pendingRefund');
  const { id, status } = await stripe.refunds.create({ payment_intent: intent }, { idempotencyKey: 'slow' });
  expect(status).toBe('pending');
  await expect.poll(async () => (await stripe.refunds.retrieve(id)).status).toBe('succeeded');
  expect(await refundsIn(intent)).toEqual([10_000]);
  await expect.poll(steps).toEqual(
    expect.arrayContaining([
      ['refund.created', 'pending'],
      ['refund.updated', 'succeeded'],
    ]),
  );
});

test('a refund of the failing card succeeds, and the money comes back', async () => {
  const intent = await paidBy('pm_card_refundFail');
  const { id, status } = await stripe.refunds.create({ payment_intent: intent, amount: 4_000 });
  expect(status).toBe('succeeded');
  await expect.poll(async () => (await stripe.refunds.retrieve(id)).status).toBe('failed');
  expect(await refundsIn(intent)).toEqual([4_000, -4_000]);
  await expect.poll(steps).toEqual(
    expect.arrayContaining([
      ['refund.created', 'succeeded'],
      ['refund.failed', 'failed'],
    ]),
  );
  expect((await stripe.refunds.create({ payment_intent: intent })).amount).toBe(10_000);
});

test.each([
  ['refund_pending', 'pending', 'succeeded', [10_000]],
  ['refund_requires_action', 'requires_action', 'canceled', []],
  ['refund_failed', 'failed', undefined, []],
] as const)('under %s refunds begin as %s, and go on when told to', async (kind, first, later, given) => {
  const intent = await paidBy('pm_card_visa');
  await sandbox.fault({ target: 'stripe', kind, times: 1 });
  const { id, status } = await stripe.refunds.create({ payment_intent: intent });
  expect(status).toBe(first);
  expect(await refundsIn(intent)).toEqual([]);
  if (later) await sandbox.moveRefund(id, later);
  else await expect(sandbox.moveRefund(id, 'succeeded')).rejects.toThrow('409');
  expect(await refundsIn(intent)).toEqual(given);
  const isLeft = later !== 'succeeded';
  const again = stripe.refunds.create({ payment_intent: intent });
  if (isLeft) expect((await again).amount).toBe(10_000);
  else expect((await refusalOf(again)).code).toBe('charge_already_refunded');
});

test('the dashboard refunds and disputes, tells of it, and keeps it over kill -9', async () => {
  const intent = await paidBy('pm_card_visa');
  const refund = await sandbox.refund({ payment_intent: intent, amount: 2_500 });
  await expect(sandbox.refund({ payment_intent: intent, amount: 7_501 })).rejects.toThrow('greater than unrefunded');
  const dispute = await sandbox.dispute(intent);
  await expect
    .poll(() => told.map(({ type }) => type))
    .toEqual(
      expect.arrayContaining([
        'refund.created',
        'charge.refunded',
        'charge.dispute.created',
        'charge.dispute.funds_withdrawn',
      ]),
    );
  await sandbox.kill();
  const { dataDir } = sandbox;
  sandbox = await startSandbox({ dataDir, args });
  stripe = stripeOf(sandbox);
  expect((await stripe.refunds.list()).data.map(({ id }) => id)).toContain(refund);
  await sandbox.closeDispute(dispute, 'won');
  await expect.poll(steps).toContainEqual(['charge.dispute.funds_reinstated', 'won']);
  await expect(sandbox.closeDispute(dispute, 'lost')).rejects.toThrow('409');
});

test('a charge of the disputed card is disputed', async () => {
  const intent = await paidBy('pm_card_createDispute');
  await expect
    .poll(() => told.filter(({ type }) => type === 'charge.dispute.created'))
    .toMatchObject([{ data: { object: { payment_intent: intent } } }]);
});
