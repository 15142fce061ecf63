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
import { readStream } from '../../support/stores/stream-entries.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
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
  await shop.ctx.events.relay.idle();
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
  await shop.ctx.events.relay.idle();
  const events = (await readStream(shop.ctx.redis, 'orders')).filter(({ subject }) => subject === id);
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

const cancel = (payload: { order_id: string; payment_id: string }, answer: PaymentGateway['cancel']) =>
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
