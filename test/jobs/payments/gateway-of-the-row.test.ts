import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { NoSuchGateway, OutcomeUnknown, RateLimited, StepAside } from '../../../src/errors.ts';
import { gatewaysOf } from '../../../src/gateways/payment-gateways.ts';
import { type ListedCharge, type PaymentGateway } from '../../../src/gateways/payments/payment-gateway.ts';
import type { JobContext } from '../../../src/context.ts';
import { cancelPayment } from '../../../src/jobs/payments/cancel-payment.job.ts';
import { chargeOrder } from '../../../src/jobs/payments/charge-order.job.ts';
import { compareCharges } from '../../../src/jobs/payments/compare-charges.job.ts';
import { expireOrders } from '../../../src/jobs/orders/expire-orders.job.ts';
import { reconcile } from '../../../src/jobs/payments/reconcile.job.ts';
import { refundPayment } from '../../../src/jobs/payments/refund-payment.job.ts';
import { openRests } from '../../../src/payments/rests.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { sendAll } from '../../support/stores/send-all.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** Every call that either gateway hears, by its name. */
let heard: string[] = [];
beforeEach(() => {
  heard = [];
});
const noted = (name: string): PaymentGateway => ({
  ...shop.ctx.payments.gateways.named('instant'),
  asksNobody: false,
  name,
  async charge({ key }) {
    heard.push(`${name} charge`);
    return { status: 'succeeded', reference: `${name}_${key}` };
  },
  async refund({ key }) {
    heard.push(`${name} refund`);
    return { status: 'succeeded', reference: `${name}_${key}` };
  },
  async cancel(reference) {
    heard.push(`${name} cancel`);
    return { status: 'canceled', reference };
  },
  async lookUp(reference) {
    heard.push(`${name} look-up`);
    return { status: 'succeeded', reference };
  },
});
/** As after a deployment whose PAYMENT_GATEWAY is `current`, and which has the keys of these. */
const deployed = (current: string, names: readonly string[]): JobContext => ({
  ...shop.ctx,
  payments: { ...shop.ctx.payments, gateways: gatewaysOf(current, names.map(noted)) },
});
const later = (ctx: JobContext, seconds: number): JobContext => ({
  ...ctx,
  now: () => new Date(Date.now() + seconds * 1_000),
});
const toInstant = () => deployed('instant', ['stripe', 'instant']);
const withoutStripe = () => deployed('instant', ['instant']);

/** The payload of the charge of an order that was placed while Stripe took new payments. */
async function placed() {
  const { id, payment } = await shop.place();
  return { order_id: id, payment_id: payment?.id ?? '' };
}
async function waiting() {
  const ids = await placed();
  const charge = async () => ({
    status: 'requires_action' as const,
    reference: `pi_${ids.payment_id}`,
    clientSecret: 'secret',
  });
  await shop.charge(ids.order_id, { charge });
  return ids;
}
async function refunding() {
  const ids = await placed();
  await shop.charge(ids.order_id, takingGateway());
  await shop.send('POST', `/orders/${ids.order_id}/refund`, { as: 'admin', body: {} });
  return { order_id: ids.order_id, refund_id: (await shop.read(ids.order_id)).refunds.at(-1)?.id ?? '' };
}

test('a payment is charged, looked up, canceled and refunded at the gateway of its row, whoever takes new payments', async () => {
  await performJob(chargeOrder, await placed(), toInstant());
  await performJob(chargeOrder, await waiting(), toInstant());
  await performJob(cancelPayment, await waiting(), toInstant());
  await performJob(refundPayment, await refunding(), toInstant());
  expect(heard).toEqual(['stripe charge', 'stripe look-up', 'stripe cancel', 'stripe refund']);
});

test('and the other way round: what instant has begun is instant’s', async () => {
  const gateways = gatewaysOf('instant', shop.ctx.payments.gateways.all);
  const begun = { ...shop.ctx, payments: { ...shop.ctx.payments, gateways } };
  const { id } = await shop.place({ products: [1] });
  expect((await shop.send('POST', `/orders/${id}/pay`, { as: 'demo', body: { payment_method: 'any' } })).status).toBe(
    200,
  );
  const [payment] = await shop.payments(id);
  await begun.transaction((tx) => tx.nativeUpdate(Payment, { order: id }, { gateway: 'instant' }));
  await performJob(
    chargeOrder,
    { order_id: id, payment_id: payment?.id ?? '' },
    deployed('stripe', ['stripe', 'instant']),
  );
  expect(heard).toEqual(['instant charge']);
});

test('while one gateway is away the other is asked, and a job that does not name its gateway finds it in the row', async () => {
  const [here, there] = [shop.ctx.payments.gateways.named('stripe'), shop.ctx.payments.gateways.named('instant')];
  const both = (): JobContext => ({
    ...shop.ctx,
    payments: {
      ...shop.ctx.payments,
      gateways: gatewaysOf('instant', [
        { ...noted('stripe'), outage: here.outage },
        { ...noted('instant'), outage: there.outage },
      ]),
    },
  });
  const [mine, others] = [await placed(), await placed()];
  await shop.ctx.transaction((tx) => tx.nativeUpdate(Payment, { order: others.order_id }, { gateway: 'instant' }));
  for (let count = 0; count < 5; count += 1) await here.outage.missed();
  // The other's payment waits for its turn on the same queue.
  await expect(performJob(chargeOrder, mine, both())).rejects.toThrow(StepAside);
  await expect(performJob(chargeOrder, { ...mine, gateway: 'stripe' }, both())).rejects.toThrow(RateLimited);
  await performJob(chargeOrder, others, both());
  await here.outage.heard();
  await performJob(chargeOrder, mine, both());
  expect(heard).toEqual(['instant charge', 'stripe charge']);
});

test('a gateway’s rest is the queue’s, and its job’s alone while a payment or refund of another is not over', async () => {
  const { gateways } = shop.ctx.payments;
  let atMs = Date.now();
  const restOf = openRests({ gateways, read: () => shop.ctx.orm.em.fork(), now: () => new Date(atMs) });
  const rest = async () => {
    atMs += 1_000;
    return restOf('stripe', new RateLimited(60_000));
  };
  // The queue is not kept for long: somebody may begin to pay by another gateway.
  expect(await rest()).toMatchObject({ name: 'RateLimited', waitMs: 1_500 });
  const ids = await placed();
  await shop.ctx.transaction((tx) => tx.nativeUpdate(Payment, { order: ids.order_id }, { gateway: 'instant' }));
  expect(await rest()).toMatchObject({ name: 'StepAside', waitMs: 60_000 });
  await performJob(chargeOrder, ids, toInstant());
  expect(await rest()).toMatchObject({ name: 'RateLimited' });
  await shop.send('POST', `/orders/${ids.order_id}/refund`, { as: 'admin', body: {} });
  expect(await rest()).toMatchObject({ name: 'StepAside' });
  const refund_id = (await shop.read(ids.order_id)).refunds.at(-1)?.id ?? '';
  await performJob(refundPayment, { order_id: ids.order_id, refund_id }, toInstant());
  expect(await rest()).toMatchObject({ name: 'RateLimited' });
});

test('whose gateway cannot be spoken to any more waits untouched, is reported, and goes on when it can', async () => {
  const charging = await placed();
  const [before] = await shop.payments(charging.order_id);
  const refund = await refunding();
  const cancelling = await waiting();
  for (const perform of [
    () => performJob(chargeOrder, charging, withoutStripe()),
    () => performJob(refundPayment, refund, withoutStripe()),
    () => performJob(cancelPayment, cancelling, withoutStripe()),
  ])
    await expect(perform()).rejects.toThrow(NoSuchGateway);
  expect(heard).toEqual([]);
  expect(await shop.payments(charging.order_id)).toEqual([before]);
  expect((await shop.read(refund.order_id)).refunds).toMatchObject([{ status: 'processing' }]);

  // Nobody asks for it again and again meanwhile, and its order does not expire.
  await sendAll(shop.ctx);
  await shop.ctx.redis.flushdb();
  expect(await performJob(reconcile, {}, later(withoutStripe(), 60))).toEqual({ reviewed: 0, revived: 0 });
  expect(await performJob(expireOrders, {}, later(withoutStripe(), 86_400))).toMatchObject({ asked: 0 });

  expect(await performJob(reconcile, {}, later(toInstant(), 61))).toMatchObject({ revived: 3 });
  await performJob(chargeOrder, charging, toInstant());
  await performJob(refundPayment, refund, toInstant());
  expect(heard).toEqual(['stripe charge', 'stripe refund']);
});

test('the daily comparison reads the books of every gateway, and settles only what is that gateway’s', async () => {
  const ids = await placed();
  const line = (gateway: string): ListedCharge => ({
    orderId: ids.order_id,
    paymentId: ids.payment_id,
    amountMinor: 10_000,
    currency: 'USD',
    reference: `${gateway}_${ids.payment_id}`,
    outcome: { status: 'succeeded', reference: `${gateway}_${ids.payment_id}` },
  });
  const listing = (gateway: string): PaymentGateway => ({
    ...noted(gateway),
    async *list() {
      yield line(gateway);
    },
  });
  const compare = (names: readonly string[]) =>
    performJob(
      compareCharges,
      {},
      {
        ...later(shop.ctx, 1_200),
        payments: { ...shop.ctx.payments, gateways: gatewaysOf('instant', names.map(listing)) },
      },
    );
  expect(await compare(['instant'])).toMatchObject({ settled: 0, differing: [line('instant').reference] });
  expect((await shop.read(ids.order_id)).status).toBe('pending');
  expect(await compare(['stripe', 'instant'])).toMatchObject({ settled: 1, differing: [line('instant').reference] });
  expect((await shop.read(ids.order_id)).status).toBe('paid');
});

test('the daily comparison reads the books of the others when one gateway does not answer, and fails for that one', async () => {
  const ids = await placed();
  const lines = (name: string): PaymentGateway => ({
    ...noted(name),
    async *list() {
      if (name !== 'stripe') throw new OutcomeUnknown(`${name} does not answer`);
      const reference = `pi_${ids.payment_id}`;
      const outcome = { status: 'succeeded' as const, reference };
      yield {
        orderId: ids.order_id,
        paymentId: ids.payment_id,
        amountMinor: 10_000,
        currency: 'USD',
        reference,
        outcome,
      };
    },
  });
  const payments = { ...shop.ctx.payments, gateways: gatewaysOf('stripe', ['other', 'stripe'].map(lines)) };
  const comparing = performJob(compareCharges, {}, { ...later(shop.ctx, 1_200), payments });
  await expect(comparing).rejects.toThrow('other does not answer');
  expect((await shop.read(ids.order_id)).status).toBe('paid');
});

test('webhooks are heard for what Stripe has begun, also when instant takes new payments', async () => {
  const other = await openShop({ PAYMENT_GATEWAY: 'instant', STRIPE_WEBHOOK_SECRET: 'whsec_test' });
  try {
    const { id } = await other.place({ products: [1] });
    const [payment] = await other.payments(id);
    const reference = `pi_${payment?.id}`;
    const deliver = () => {
      const object = {
        id: reference,
        object: 'payment_intent',
        amount: payment?.amountMinor,
        amount_received: payment?.amountMinor,
        currency: 'usd',
        status: 'succeeded',
        metadata: { order_id: id, payment_id: payment?.id },
      };
      const seconds = Math.floor(Date.now() / 1_000);
      const event = {
        id: 'evt_1',
        object: 'event',
        type: 'payment_intent.succeeded',
        created: seconds,
        data: { object },
      };
      const body = JSON.stringify(event);
      const hash = createHmac('sha256', 'whsec_test').update(`${seconds}.${body}`).digest('hex');
      const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${hash}` };
      return other.send('POST', '/payments/webhook', { body, headers });
    };
    // A payment of instant's is none of Stripe's business.
    expect((await deliver()).status).toBe(200);
    expect((await other.read(id)).status).toBe('pending');
    const becomes = {
      gateway: 'stripe',
      gatewayReference: reference,
      status: 'unknown' as const,
      chargingAt: new Date(),
    };
    await other.ctx.orm.em.fork().nativeUpdate(Payment, { order: id }, becomes);
    expect((await deliver()).status).toBe(200);
    expect((await other.read(id)).status).toBe('paid');
  } finally {
    await other.close();
  }
});
