import type Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';
import { payment, refusalOf, stripeOf } from '../support/upstreams/stripe-client.ts';

let sandbox: Sandbox;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox();
  stripe = stripeOf(sandbox);
});
afterEach(() => sandbox.clearFaults());
afterAll(() => sandbox.stop());

const chargesWith = async (key: string) =>
  (await sandbox.ledger()).filter(({ idempotency_key }) => idempotency_key === key).length;

const form = 'amount=700&currency=usd&confirm=true&payment_method=pm_card_visa';
const post = (key: string, body = form, path = '/v1/payment_intents') =>
  fetch(sandbox.urls.stripe + path, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test_sandbox',
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': key,
    },
    body,
  });

test('the same key and parameters replay the first answer byte for byte and charge once', async () => {
  const [first, second] = [await post('same'), await post('same')];
  expect(first.headers.has('idempotent-replayed')).toBe(false);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(second.status).toBe(first.status);
  expect(await second.text()).toBe(await first.text());
  expect(await chargesWith('same')).toBe(1);
});

test('the same key with other parameters, or on another path, is an error', async () => {
  const intent = await stripe.paymentIntents.create(payment(), { idempotencyKey: 'bound' });
  const amount = await refusalOf(stripe.paymentIntents.create(payment({ amount: 1 }), { idempotencyKey: 'bound' }));
  expect(amount).toMatchObject({ statusCode: 400, type: 'StripeIdempotencyError' });
  expect(amount.message).toContain("Try using a key other than 'bound'");
  const path = await refusalOf(stripe.refunds.create({ payment_intent: intent.id }, { idempotencyKey: 'bound' }));
  expect(path.type).toBe('StripeIdempotencyError');
});

test('a copy that comes while the first is under way gets 409', async () => {
  await sandbox.fault({ target: 'stripe', kind: 'slow', ms: 400, times: 1 });
  const first = post('twice');
  await expect.poll(async () => (await sandbox.arrivals('stripe')).at(-1)?.idempotency_key).toBe('twice');
  const second = await post('twice');
  expect(second.status).toBe(409);
  expect(await second.json()).toMatchObject({ error: { type: 'idempotency_error', code: 'idempotency_key_in_use' } });
  expect((await first).status).toBe(200);
  expect((await post('twice')).headers.get('idempotent-replayed')).toBe('true');
  expect(await chargesWith('twice')).toBe(1);
});

test('a refused request leaves its key free, a decline does not', async () => {
  expect((await post('typo', `${form}&amuont=1`)).status).toBe(400);
  expect((await post('typo')).status).toBe(200);
  const declined = form.replace('pm_card_visa', 'pm_card_chargeDeclined');
  const [first, second] = [await post('poor', declined), await post('poor', declined)];
  expect([first.status, second.status]).toEqual([402, 402]);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect((await post('poor')).status).toBe(400);
});

test('a lost answer has charged once, and the retry learns of it', async () => {
  await sandbox.fault({ target: 'stripe', kind: 'lost_answer', times: 1 });
  await expect(post('lost')).rejects.toThrow('fetch failed');
  expect(await chargesWith('lost')).toBe(1);
  const retry = await post('lost');
  expect([retry.status, retry.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
  expect(await retry.json()).toMatchObject({ status: 'succeeded' });
  expect(await chargesWith('lost')).toBe(1);
});

test('an error after the charge hides it until the retry, or for as long as the key lives', async () => {
  await sandbox.fault({ target: 'stripe', kind: 'error_after_charge', times: 1 });
  expect((await post('hidden')).status).toBe(500);
  expect(await chargesWith('hidden')).toBe(1);
  expect((await post('hidden')).status).toBe(200);
  await sandbox.fault({ target: 'stripe', kind: 'error_after_charge', times: 1, stored: true });
  expect([(await post('for ever')).status, (await post('for ever')).status]).toEqual([500, 500]);
  expect(await chargesWith('for ever')).toBe(1);
});

test('an outage charges nothing and leaves the key free', async () => {
  await sandbox.fault({ target: 'stripe', kind: '5xx', times: 1 });
  expect((await post('outage')).status).toBe(500);
  expect(await chargesWith('outage')).toBe(0);
  const retry = await post('outage');
  expect([retry.status, retry.headers.has('idempotent-replayed')]).toEqual([200, false]);
});

test('the fault decline declines a good card', async () => {
  await sandbox.fault({ target: 'stripe', kind: 'decline' });
  const error = await refusalOf(stripe.paymentIntents.create(payment()));
  expect(error).toMatchObject({ code: 'card_declined', decline_code: 'generic_decline' });
});
