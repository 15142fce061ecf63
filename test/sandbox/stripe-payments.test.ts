import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { stripe as recorded, stripeDecimals, stripeLargest } from '../support/recorded-currencies.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';
import { payment, refusalOf, stripeOf } from '../support/upstreams/stripe-client.ts';

let sandbox: Sandbox;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox();
  stripe = stripeOf(sandbox);
});
afterAll(() => sandbox.stop());

const rowsOf = async (intent: string) =>
  (await sandbox.ledger()).filter(({ payment_intent }) => payment_intent === intent);

test('a good card pays, and the ledger has one row for it', async () => {
  const intent = await stripe.paymentIntents.create(payment(), { idempotencyKey: 'pays' });
  expect(intent).toMatchObject({ status: 'succeeded', amount_received: 10_000, metadata: { order_id: 'order-1' } });
  expect(await rowsOf(intent.id)).toMatchObject([
    { type: 'charge', order_id: 'order-1', amount: 10_000, currency: 'usd', idempotency_key: 'pays' },
  ]);
  expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
});

test.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
  ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', ''],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', ''],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error', ''],
])('%s is declined with %s, and the intent is open again', async (method, code, declineCode) => {
  const error = await refusalOf(stripe.paymentIntents.create(payment({ payment_method: method })));
  expect(error).toMatchObject({ statusCode: 402, type: 'StripeCardError', code });
  expect(error.decline_code).toBe(declineCode);
  const id = error.payment_intent?.id ?? '';
  const intent = await stripe.paymentIntents.retrieve(id);
  expect(intent).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code } });
  expect(await rowsOf(id)).toEqual([]);
  const paid = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' });
  expect(paid.status).toBe('succeeded');
  expect(await rowsOf(id)).toHaveLength(1);
});

const Step = z.object({ use_stripe_sdk: z.object({ stripe_js: z.string() }) });

test('authentication waits for the buyer, who succeeds or fails', async () => {
  const waiting = await stripe.paymentIntents.create(payment({ payment_method: 'pm_card_authenticationRequired' }), {
    idempotencyKey: 'asks',
  });
  expect(waiting).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
  expect(waiting.client_secret).toMatch(/^pi_.+_secret_/);
  expect(await rowsOf(waiting.id)).toEqual([]);
  const step = Step.parse(waiting.next_action).use_stripe_sdk.stripe_js;
  expect(step).toBe(`${sandbox.urls.control}/payment_intents/${waiting.id}/authenticate`);
  expect(await (await fetch(step)).text()).toContain('Is it you who pays?');
  const shown = await fetch(step.replace('/authenticate', ''));
  expect(await shown.json()).toEqual({ id: waiting.id, status: 'requires_action', amount: '100.00 USD' });
  await sandbox.authenticate(waiting.id, 'succeed');
  expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('succeeded');
  expect(await rowsOf(waiting.id)).toMatchObject([{ idempotency_key: 'asks' }]);
  await expect(sandbox.authenticate(waiting.id, 'succeed')).rejects.toThrow('404');
  const other = await stripe.paymentIntents.create(payment({ payment_method: 'pm_card_threeDSecure2Required' }));
  await sandbox.authenticate(other.id, 'fail');
  expect((await stripe.paymentIntents.retrieve(other.id)).status).toBe('requires_payment_method');
});

test('what cannot be charged is refused before anything happens', async () => {
  const refused = async (changes: Partial<Stripe.PaymentIntentCreateParams>) => {
    const { statusCode, code } = await refusalOf(stripe.paymentIntents.create(payment(changes)));
    return [statusCode, code];
  };
  expect(await refused({ amount: 49 })).toEqual([400, 'amount_too_small']);
  expect(await refused({ amount: 99.5 })).toEqual([400, 'parameter_invalid_integer']);
  for (const currency of ['USD', ...Object.keys(recorded.largest_of)]) {
    const amount = stripeLargest(currency);
    const changes = { amount: amount + 1, currency: currency.toLowerCase() };
    expect(await refused(changes), currency).toEqual([400, 'amount_too_large']);
    const taken = await stripe.paymentIntents.create(payment({ ...changes, amount }));
    expect(taken).toMatchObject({ status: 'succeeded', amount });
  }
  for (const currency of ['xxx', 'xau', 'btc', 'irr'])
    expect(await refused({ currency })).toEqual([400, 'invalid_currency']);
  for (const [currency, least] of Object.entries(recorded.smallest_major)) {
    const amount = Math.round(least * 10 ** stripeDecimals(currency)) - 1;
    expect(await refused({ amount, currency: currency.toLowerCase() }), currency).toEqual([400, 'amount_too_small']);
  }
  expect(await refused({ amount: 4_250, currency: 'isk' })).toEqual([400, 'parameter_invalid_integer']);
  expect(await refused({ amount: 1_234, currency: 'kwd' })).toEqual([400, 'parameter_invalid_integer']);
  expect(await refused({ payment_method: 'pm_card_imaginary' })).toEqual([400, 'resource_missing']);
  const { automatic_payment_methods: _, ...redirecting } = payment();
  expect((await refusalOf(stripe.paymentIntents.create(redirecting))).param).toBe('return_url');
  expect((await refusalOf(stripe.paymentIntents.retrieve('pi_none'))).statusCode).toBe(404);
  const anonymous = await fetch(`${sandbox.urls.stripe}/v1/payment_intents`);
  expect([anonymous.status, await anonymous.json()]).toMatchObject([401, { error: { type: 'invalid_request_error' } }]);
});

test('an open intent can be canceled, a paid one cannot', async () => {
  const open = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
  expect((await stripe.paymentIntents.cancel(open.id)).status).toBe('canceled');
  const paid = await stripe.paymentIntents.create(payment());
  const error = await refusalOf(stripe.paymentIntents.cancel(paid.id));
  expect(error.code).toBe('payment_intent_unexpected_state');
});

test('refunds give back in parts, never more than is left', async () => {
  const { id } = await stripe.paymentIntents.create(payment());
  await stripe.refunds.create({ payment_intent: id, amount: 4000 }, { idempotencyKey: 'part' });
  const tooMuch = await refusalOf(stripe.refunds.create({ payment_intent: id, amount: 6001 }));
  expect([tooMuch.statusCode, tooMuch.param]).toEqual([400, 'amount']);
  expect((await stripe.refunds.create({ payment_intent: id })).amount).toBe(6000);
  const again = await refusalOf(stripe.refunds.create({ payment_intent: id }));
  expect(again.code).toBe('charge_already_refunded');
  const rows = await rowsOf(id);
  expect(rows.map(({ type, amount }) => [type, amount])).toEqual([
    ['charge', 10_000],
    ['refund', 4000],
    ['refund', 6000],
  ]);
  expect(rows[1]).toMatchObject({ order_id: 'order-1', idempotency_key: 'part' });
  const listed = await stripe.refunds.list({ payment_intent: id });
  expect(listed.data.map(({ amount }) => amount)).toEqual([6000, 4000]);
});

test('lists are newest first and page by cursor', async () => {
  const made = [];
  for (let count = 0; count < 5; count += 1) made.push((await stripe.paymentIntents.create(payment())).id);
  const first = await stripe.paymentIntents.list({ limit: 2 });
  expect(first.data.map(({ id }) => id)).toEqual([made[4], made[3]]);
  expect(first.has_more).toBe(true);
  const second = await stripe.paymentIntents.list({ limit: 2, starting_after: made[3] ?? '' });
  expect(second.data.map(({ id }) => id)).toEqual([made[2], made[1]]);
  const later = Math.floor(Date.now() / 1000) + 60;
  expect((await stripe.paymentIntents.list({ created: { gte: later } })).data).toEqual([]);
  expect((await refusalOf(stripe.paymentIntents.list({ limit: 101 }))).statusCode).toBe(400);
});
