import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import Stripe from 'stripe';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';
import { payment, refusalOf, stripeOf } from '../support/upstreams/stripe-client.ts';

const received: { body: string; signature: string }[] = [];
let refusals = 0;
let server: Server;
let url: string;
let sandbox: Sandbox;

beforeEach(async () => {
  received.length = 0;
  refusals = 0;
  server = createServer(async (request, response) => {
    const body = await text(request);
    if (refusals > 0) {
      refusals -= 1;
      response.writeHead(503).end();
      return;
    }
    received.push({ body, signature: String(request.headers['stripe-signature']) });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  sandbox = await startSandbox({ args: ['--webhook', url], env: { STRIPE_WEBHOOK_SECRET: 'whsec_test' } });
});
afterEach(async () => {
  await sandbox.stop();
  server.closeAllConnections();
  server.close();
});

const events = () =>
  received.map(({ body, signature }) => Stripe.webhooks.constructEvent(body, signature, 'whsec_test'));
const types = () => events().map(({ type }) => type);

test('every outcome is announced, signed over the raw bytes', async () => {
  const stripe = stripeOf(sandbox);
  const paid = await stripe.paymentIntents.create(payment(), { idempotencyKey: 'announced' });
  await expect.poll(types).toEqual(['payment_intent.succeeded']);
  expect(events()[0]).toMatchObject({ data: { object: { id: paid.id } }, request: { idempotency_key: 'announced' } });
  await refusalOf(stripe.paymentIntents.create(payment({ payment_method: 'pm_card_chargeDeclined' })));
  await expect.poll(types).toContain('payment_intent.payment_failed');
  await stripe.paymentIntents.create(payment({ payment_method: 'pm_card_authenticationRequired' }));
  await expect.poll(types).toContain('payment_intent.requires_action');
  await stripe.refunds.create({ payment_intent: paid.id });
  await expect.poll(types).toContain('charge.refunded');
  const open = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
  await stripe.paymentIntents.cancel(open.id);
  await expect.poll(types).toContain('payment_intent.canceled');
  const [first] = received;
  expect(() => Stripe.webhooks.constructEvent(`${first?.body} `, first?.signature ?? '', 'whsec_test')).toThrow();
});

test('an event is sent again until it is taken, and can come twice or late', async () => {
  refusals = 2;
  await stripeOf(sandbox).paymentIntents.create(payment());
  await expect.poll(types).toEqual(['payment_intent.succeeded']);
  expect(refusals).toBe(0);
  await sandbox.fault({ target: 'stripe', kind: 'webhook_duplicate', times: 1 });
  await stripeOf(sandbox).paymentIntents.create(payment());
  await expect.poll(types).toHaveLength(3);
  expect(events()[1]?.id).toBe(events()[2]?.id);
});

test('events can overtake each other', async () => {
  await sandbox.fault({ target: 'stripe', kind: 'webhook_reorder', times: 1 });
  const { id } = await stripeOf(sandbox).paymentIntents.create(payment());
  await stripeOf(sandbox).refunds.create({ payment_intent: id });
  await expect
    .poll(() => types().toSorted())
    .toEqual(['charge.refunded', 'payment_intent.succeeded', 'refund.created']);
  expect(types()[0]).not.toBe('payment_intent.succeeded');
});

test('an event that nobody took before kill -9 is sent by the successor', async () => {
  refusals = 1000;
  const before = await stripeOf(sandbox).paymentIntents.create(payment());
  await expect.poll(() => refusals).toBeLessThan(1000);
  await sandbox.kill();
  refusals = 0;
  const { dataDir } = sandbox;
  const successor = await startSandbox({
    dataDir,
    args: ['--webhook', url],
    env: { STRIPE_WEBHOOK_SECRET: 'whsec_test' },
  });
  await expect.poll(types).toEqual(['payment_intent.succeeded']);
  expect(events()[0]).toMatchObject({ data: { object: { id: before.id } } });
  await successor.stop();
});
