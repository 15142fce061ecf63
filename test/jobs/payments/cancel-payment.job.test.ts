import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OutcomeUnknown, Undecided } from '../../../src/errors.ts';
import type { ChargeOutcome, PaymentGateway } from '../../../src/gateways/payments/payment-gateway.ts';
import { cancelPayment } from '../../../src/jobs/payments/cancel-payment.job.ts';
import { payments, type Lane } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { answering, openShop, type Shop } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { sendAll } from '../../support/stores/send-all.ts';
import { readStream } from '../../support/stores/stream-entries.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ STRIPE_WEBHOOK_SECRET: 'whsec_test' });
});
afterAll(() => shop.close());

let count = 0;
/** An order whose payment waits for its buyer. */
async function waiting() {
  const product = await shop.stocked(5);
  const { id } = await shop.place({ items: [{ product_id: product, quantity: 5 }], payment_method: 'pm_3ds' });
  const reference = `pi_${(count += 1)}`;
  await shop.charge(id, { charge: async () => ({ status: 'requires_action', reference, clientSecret: 'secret' }) });
  const { payment } = await shop.read(id);
  return { id, reference, product, payload: { order_id: id, payment_id: payment?.id ?? '' } };
}
/** A worker of the payments queue whose gateway says this to whoever asks it to stop waiting. */
async function worked<T>(answer: PaymentGateway['cancel'], ask: () => Promise<T>): Promise<T> {
  // The charges of these orders have been made; their jobs are not for this worker.
  await sendAll(shop.ctx);
  await shop.ctx.jobs.queues.get(payments.name)?.obliterate({ force: true });
  const gateways = answering(shop.ctx.payments.gateways, { cancel: answer });
  const room = { ...shop.ctx.payments, gateways };
  const fork = (lane?: Lane) => ({ ...shop.ctx.jobs.fork(lane), payments: room });
  const context = { ...shop.ctx, payments: room, jobs: { ...shop.ctx.jobs, fork } };
  const worker = runQueue(payments, 1, patientRedis(shop.ctx.config), context);
  try {
    return await ask();
  } finally {
    await worker.close();
  }
}
async function eventsOf(id: string) {
  await shop.ctx.events.relay.idle();
  return (await readStream(shop.ctx.redis, 'orders')).filter(({ subject }) => subject === id);
}
const walkAway = (id: string) => shop.send('DELETE', `/orders/${id}`, { as: 'demo' });

test('a buyer who walks away from an authentication cancels: at the gateway first, and then the order', async () => {
  const { id, reference, product } = await waiting();
  const before: string[] = [];
  const stop = async (which: string): Promise<ChargeOutcome> => {
    before.push(`${which} ${(await shop.read(id)).status}`);
    return { status: 'canceled', reference };
  };
  const answer = await worked(stop, () => walkAway(id));
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ status: 'cancelled', payment: { status: 'canceled' } });
  expect(before).toEqual([`${reference} pending`]);
  expect(await shop.stockOf(product)).toBe(5);
  expect((await walkAway(id)).status).toBe(200);
  const events = await eventsOf(id);
  expect(events.map(({ type }) => type)).toEqual(['order.created', 'order.cancelled']);
  expect(events.at(-1)?.data).toContain('"reason":"requested"');
});

test('and has paid when the gateway says that the authentication was quicker', async () => {
  const { id, reference, product } = await waiting();
  const answer = await worked(
    async () => ({ status: 'succeeded', reference }),
    () => walkAway(id),
  );
  expect(await problemOf(answer)).toMatchObject({ status: 409, code: 'order_closed' });
  expect((await shop.read(id)).status).toBe('paid');
  expect(await shop.stockOf(product)).toBe(0);
});

test('and waits on while the gateway is not heard', async () => {
  const { id } = await waiting();
  const answer = await worked(
    () => Promise.reject(new Undecided('it is still at work')),
    () => walkAway(id),
  );
  expect(await problemOf(answer)).toMatchObject({ status: 409, code: 'payment_in_progress' });
  expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
});

type Ending = Readonly<{ order_id: string; payment_id: string; reason?: 'requested' }>;
const cancel = (payload: Ending, answer: PaymentGateway['cancel']) =>
  performJob(cancelPayment, payload, {
    ...shop.ctx,
    payments: { ...shop.ctx.payments, gateways: answering(shop.ctx.payments.gateways, { cancel: answer }) },
  });

test('ends the payment at the gateway, and then the order, and gives its stock back', async () => {
  const { id, reference, product, payload } = await waiting();
  const canceled: ChargeOutcome = { status: 'canceled', reference };
  expect(await cancel(payload, async () => canceled)).toEqual({ payment_status: 'canceled' });
  expect(await shop.read(id)).toMatchObject({ status: 'cancelled', payment: { status: 'canceled' } });
  expect(await shop.stockOf(product)).toBe(5);
  const unasked = async () => Promise.reject(new Error('asked again'));
  expect(await cancel(payload, unasked)).toEqual({ payment_status: 'canceled' });
  expect(await shop.stockOf(product)).toBe(5);
});

test('a buyer who was faster has paid', async () => {
  const { id, reference, product, payload } = await waiting();
  await cancel(payload, async () => ({ status: 'succeeded', reference }));
  expect(await shop.read(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
  expect(await shop.stockOf(product)).toBe(0);
});

test('while the gateway is not heard nothing is decided, and it is tried again', async () => {
  const { id, payload } = await waiting();
  await expect(cancel(payload, () => Promise.reject(new OutcomeUnknown('silence')))).rejects.toThrow('silence');
  expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
});

/** Has the gateway tell of its own accord that it has canceled the order's payment. */
async function tell(id: string, reference: string, changes: object = {}): Promise<void> {
  const [payment] = await shop.payments(id);
  const metadata = { order_id: id, payment_id: payment?.id };
  const intent = { id: reference, status: 'canceled', amount: payment?.amountMinor, currency: 'usd', metadata };
  const [seconds, type] = [Math.floor(Date.now() / 1_000), 'payment_intent.canceled'];
  const data = { object: { ...intent, ...changes } };
  const body = JSON.stringify({ id: `evt_${reference}`, type, created: seconds, data });
  const signature = createHmac('sha256', 'whsec_test').update(`${seconds}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${signature}` };
  expect((await shop.send('POST', '/payments/webhook', { body, headers })).status).toBe(200);
}

test('a webhook that overtakes the answer cancels the order as the answer would have', async () => {
  const { id, reference, product, payload } = await waiting();
  const stop = async (): Promise<ChargeOutcome> => {
    await tell(id, reference);
    return { status: 'canceled', reference };
  };
  expect(await cancel(payload, stop)).toEqual({ payment_status: 'canceled' });
  expect(await shop.read(id)).toMatchObject({ status: 'cancelled', payment: { status: 'canceled' } });
  expect(await shop.stockOf(product)).toBe(5);
  const events = await eventsOf(id);
  expect(events.map(({ type }) => type)).toEqual(['order.created', 'order.cancelled']);
  expect(events.at(-1)?.data).toContain('"reason":"expired"');
});

test.each(['canceled', 'failed'] as const)(
  'where the answer is lost, whoever looks and finds it %s cancels',
  async (status) => {
    const { id, reference, product, payload } = await waiting();
    const lost = async () => Promise.reject(new OutcomeUnknown('silence'));
    await expect(cancel({ ...payload, reason: 'requested' }, lost)).rejects.toThrow('silence');
    const lookUp = async () => ({ status, reference, code: 'no', detail: 'No.' });
    await shop.charge(id, { lookUp, cancel: async () => ({ status: 'canceled', reference }) });
    expect(await shop.read(id)).toMatchObject({ status: 'cancelled', payment: { status } });
    expect(await shop.stockOf(product)).toBe(5);
    expect((await eventsOf(id)).at(-1)?.data).toContain('"reason":"requested"');
  },
);

test('a refusal that is ended at the gateway keeps its reason also when a webhook overtakes the answer', async () => {
  const { id, reference } = await waiting();
  const refusal = { code: 'payment_intent_authentication_failure', message: 'The buyer did not authenticate.' };
  const stop = async (): Promise<ChargeOutcome> => {
    await tell(id, reference, { last_payment_error: refusal });
    return { status: 'canceled', reference };
  };
  const lookUp = async () => ({ status: 'failed' as const, reference, code: refusal.code, detail: refusal.message });
  await shop.charge(id, { lookUp, cancel: stop });
  const told = { failure_code: refusal.code, failure_detail: refusal.message };
  expect(await shop.read(id)).toMatchObject({ status: 'payment_failed', payment: told });
  expect((await eventsOf(id)).at(-1)?.data).toContain(`"failure_code":"${refusal.code}"`);
});
