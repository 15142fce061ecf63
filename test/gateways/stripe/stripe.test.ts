import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Misconfigured, NotExecuted, OutcomeUnknown, Undecided } from '../../../src/errors.ts';
import type { Charge, GatewayCalls, ListedRefund } from '../../../src/gateways/payments/payment-gateway.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { listen } from '../../support/upstreams/local-server.ts';
import { freePort } from '../../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
let stripe: GatewayCalls;
beforeAll(async () => {
  sandbox = await startSandbox();
  stripe = open(sandbox.urls.stripe);
});
afterAll(() => sandbox.stop());
afterEach(() => sandbox.clearFaults());

const open = (base: string, keys = ['sk_test_first', 'sk_test_second']) =>
  openStripe({ keys, webhookSecrets: [], base });
const charge = (changes: Partial<Charge> = {}): Charge => ({
  key: randomUUID(),
  orderId: randomUUID(),
  paymentId: randomUUID(),
  amountMinor: 10_000,
  currency: 'USD',
  method: 'pm_card_visa',
  ...changes,
});
const rowsOf = async (key: string) => (await sandbox.ledger()).filter(({ idempotency_key }) => idempotency_key === key);

test('a good card is charged once, under the key, with the order named, by the first of several secrets', async () => {
  const asked = charge();
  const outcome = await stripe.charge(asked);
  expect(outcome).toEqual({ status: 'succeeded', reference: expect.stringMatching(/^pi_/) });
  expect(await rowsOf(asked.key)).toMatchObject([{ amount: 10_000, currency: 'usd', order_id: asked.orderId }]);
  expect((await sandbox.arrivals('stripe')).at(-1)).toMatchObject({ key: 'sk_test_first', idempotency_key: asked.key });
});

test('a charge asked for again with its key gives the first answer, and takes nothing', async () => {
  const asked = charge();
  const first = await stripe.charge(asked);
  expect(await stripe.charge(asked)).toEqual(first);
  expect(await rowsOf(asked.key)).toHaveLength(1);
});

test('currencies without decimals are charged in their own units', async () => {
  const asked = charge({ amountMinor: 500, currency: 'JPY' });
  await stripe.charge(asked);
  expect(await rowsOf(asked.key)).toMatchObject([{ amount: 500, currency: 'jpy' }]);
});

test.each([
  ['pm_card_chargeDeclined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
  ['pm_card_chargeDeclinedLostCard', 'lost_card'],
  ['pm_card_chargeDeclinedStolenCard', 'stolen_card'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc'],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error'],
])('%s is an outcome: failed with %s', async (method, code) => {
  const asked = charge({ method });
  const outcome = await stripe.charge(asked);
  expect(outcome).toMatchObject({ status: 'failed', code, reference: expect.stringMatching(/^pi_/) });
  expect(await stripe.charge(asked)).toEqual(outcome);
  expect(await rowsOf(asked.key)).toEqual([]);
});

test('a method that does not exist is refused for good, and is nobody’s intent', async () => {
  expect(await stripe.charge(charge({ method: 'pm_card_imaginary' }))).toMatchObject({
    status: 'failed',
    reference: null,
    code: 'resource_missing',
  });
});

test('authentication waits for the buyer, and is looked up by its reference', async () => {
  const asked = charge({ method: 'pm_card_authenticationRequired' });
  const outcome = await stripe.charge(asked);
  expect(outcome).toMatchObject({ status: 'requires_action', clientSecret: expect.stringContaining('_secret_') });
  const reference = 'reference' in outcome ? (outcome.reference ?? '') : '';
  expect(await rowsOf(asked.key)).toEqual([]);
  await sandbox.authenticate(reference, 'succeed');
  expect(await stripe.lookUp(reference, asked)).toEqual({ status: 'succeeded', reference });
  // What it took for the payment must be what the payment is.
  await expect(stripe.lookUp(reference, { ...asked, amountMinor: 9_999 })).rejects.toThrow(Undecided);
  await expect(stripe.lookUp(reference, { ...asked, currency: 'EUR' })).rejects.toThrow(Undecided);
});

test('an error of the gateway leaves the outcome unknown; the same key finds out', async () => {
  await sandbox.fault({ target: 'stripe', kind: '5xx', times: 1 });
  const asked = charge();
  await expect(stripe.charge(asked)).rejects.toThrow(OutcomeUnknown);
  expect(await rowsOf(asked.key)).toEqual([]);
  expect((await stripe.charge(asked)).status).toBe('succeeded');
  expect(await rowsOf(asked.key)).toHaveLength(1);
});

test('a lost answer leaves the outcome unknown, although the money was taken; the same key takes no more', async () => {
  // Twice: the official client asks once more by itself when a connection is cut.
  await sandbox.fault({ target: 'stripe', kind: 'lost_answer', times: 2 });
  const asked = charge();
  await expect(stripe.charge(asked)).rejects.toThrow(OutcomeUnknown);
  expect(await rowsOf(asked.key)).toHaveLength(1);
  const { paymentId } = asked;
  const firstAskedAt = new Date();
  const lost = { paymentId, amountMinor: 10_000, currency: 'USD', firstAskedAt, lastAskedAt: firstAskedAt };
  const found = await stripe.find(lost);
  // What bears our id and not our amount is for people; what does not bear our id is somebody else's.
  await expect(stripe.find({ ...lost, amountMinor: 9_999 })).rejects.toThrow(Undecided);
  await expect(stripe.find({ ...lost, currency: 'EUR' })).rejects.toThrow(Undecided);
  expect(await stripe.find({ ...lost, paymentId: randomUUID(), toldReference: found?.reference })).toBeUndefined();
  const toldReference = found?.reference;
  const longAgo = { firstAskedAt: new Date(0), lastAskedAt: new Date(0), toldReference };
  expect(await stripe.find({ ...lost, ...longAgo })).toEqual(found);
  await expect(stripe.find({ ...lost, ...longAgo, amountMinor: 9_999 })).rejects.toThrow(Undecided);
  expect(await stripe.find({ ...lost, ...longAgo, toldReference: 'pi_of_nobody' })).toBeUndefined();
  expect(found?.status).toBe('succeeded');
  expect(await stripe.charge(asked)).toEqual(found);
  expect(await rowsOf(asked.key)).toHaveLength(1);
});

test('a charge the gateway never heard of is not found', async () => {
  const at = new Date();
  const lost = { paymentId: randomUUID(), amountMinor: 10_000, currency: 'USD', firstAskedAt: at, lastAskedAt: at };
  expect(await stripe.find(lost)).toBeUndefined();
});

test.each([
  [429, 'rate_limit_error', 'too many calls'],
  [409, 'idempotency_error', 'the same key in flight'],
])('%i: the gateway did certainly nothing', async (status, type, message) => {
  const server = await listen((_request, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { type, message } })),
  );
  await expect(open(server.url).charge(charge())).rejects.toThrow(NotExecuted);
  await server.close();
});

test.each([
  [429, 'rate_limit_error'],
  [401, 'invalid_request_error'],
])('%i after a connection that was closed tells nothing of what was asked on that', async (status, type) => {
  let requests = 0;
  const server = await listen((_request, response) => {
    requests += 1;
    if (requests === 1) return response.destroy();
    const error = { type, message: 'Not now.' };
    return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  });
  const stripeThere = open(server.url);
  await expect(stripeThere.charge(charge())).rejects.toThrow(OutcomeUnknown);
  expect(requests).toBe(2);
  await expect(stripeThere.charge(charge())).rejects.not.toThrow(OutcomeUnknown);
  await server.close();
});

test('an intent that the account of this key does not have is an answer, and no silence', async () => {
  const nobodys = 'pi_of_another_account';
  await expect(stripe.lookUp(nobodys, charge())).rejects.toThrow(Undecided);
  await expect(stripe.cancel(nobodys, charge())).rejects.toThrow(Undecided);
});

test('a gateway that nobody listens for leaves the outcome unknown, never failed', async () => {
  const nowhere = open(`http://127.0.0.1:${await freePort()}`);
  await expect(nowhere.charge(charge())).rejects.toThrow(OutcomeUnknown);
});

test('a key of another charge is never taken for a decline', async () => {
  const asked = charge();
  await stripe.charge(asked);
  await expect(stripe.charge({ ...asked, amountMinor: 9_999 })).rejects.toThrow();
  expect(await rowsOf(asked.key)).toHaveLength(1);
});

test('a secret that is refused is the operator’s to correct, and no message tells it', async () => {
  const refused = open(sandbox.urls.stripe, ['invalid_secret_4711']);
  const error: unknown = await refused.charge(charge()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Misconfigured);
  expect(String(error)).not.toContain('4711');
});

test('a refund asked for again with its key, or whose answer was lost, gives the money back once', async () => {
  const asked = charge();
  const taken = await stripe.charge(asked);
  const reference = taken.reference ?? '';
  const refundsOf = async () => (await sandbox.ledger()).filter((row) => row.payment_intent === reference).slice(1);
  const part = { key: randomUUID(), refundId: randomUUID(), reference, amountMinor: 4_000, currency: 'USD' };
  // Twice: the official client asks once more by itself when a connection is cut.
  await sandbox.fault({ target: 'stripe', kind: 'lost_answer', times: 2 });
  await expect(stripe.refund(part)).rejects.toThrow(OutcomeUnknown);
  const found = (await stripe.refundsOf(reference)).find(({ refundId }) => refundId === part.refundId)?.outcome;
  expect(found).toEqual({ status: 'succeeded', reference: expect.stringMatching(/^re_/) });
  expect(await stripe.refund(part)).toEqual(found);
  expect(await refundsOf()).toMatchObject([{ type: 'refund', idempotency_key: part.key }]);
});

test.each([
  ['refund_pending', 'pending'],
  ['refund_requires_action', 'requires_action'],
])('under %s a refund is processing, as its list says as well, until it has succeeded', async (kind, detail) => {
  const { reference } = await stripe.charge(charge());
  await sandbox.fault({ target: 'stripe', kind, times: 1 });
  const part = {
    key: randomUUID(),
    refundId: randomUUID(),
    reference: reference ?? '',
    amountMinor: 4_000,
    currency: 'USD',
  };
  const outcome = await stripe.refund(part);
  expect(outcome).toEqual({ status: 'processing', detail, reference: expect.stringMatching(/^re_/) });
  const listed = { refundId: part.refundId, chargeReference: reference, amountMinor: 4_000, currency: 'USD' };
  expect(await stripe.refundsOf(part.reference)).toMatchObject([{ ...listed, outcome }]);
  await sandbox.moveRefund(outcome.reference ?? '', 'succeeded');
  const [since, until] = [new Date(Date.now() - 60_000), new Date()];
  const refunds: ListedRefund[] = [];
  for await (const refund of stripe.listRefunds(since, until)) refunds.push(refund);
  expect(refunds[0]).toMatchObject({ ...listed, outcome: { status: 'succeeded', reference: outcome.reference } });
});

test.each(['failed', 'canceled'] as const)('a refund that is %s has failed', async (status) => {
  const { reference } = await stripe.charge(charge());
  await sandbox.fault({ target: 'stripe', kind: 'refund_pending', times: 1 });
  const id = await sandbox.refund({ payment_intent: reference ?? '' });
  await sandbox.moveRefund(id, status);
  expect(await stripe.refundsOf(reference ?? '')).toMatchObject([
    {
      reference: id,
      refundId: undefined,
      outcome: { status: 'failed', code: status === 'failed' ? 'unknown' : 'canceled' },
    },
  ]);
});

test('a list of a busy day is read to its end', async () => {
  const pages = 101;
  let page = 0;
  const server = await listen((_request, response) => {
    page += 1;
    const data = Array.from({ length: 100 }, (_, index) => ({
      id: `pi_${page}_${index}`,
      object: 'payment_intent',
      status: 'succeeded',
      amount: 100,
      currency: 'usd',
      metadata: {},
    }));
    const list = { object: 'list', url: '/v1/payment_intents', has_more: page < pages, data };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
  });
  let listed = 0;
  for await (const _ of open(server.url).list(new Date(0), new Date())) listed += 1;
  await server.close();
  expect(listed).toBe(pages * 100);
});
