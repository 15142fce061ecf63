import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order, OrderHistory } from '../../src/entities/orders.entity.ts';
import type { ChargeOutcome } from '../../src/gateways/payments/payment-gateway.ts';
import { settlePayment } from '../../src/payments/settle-payment.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { openShop, type Shop } from '../support/api/shop.ts';
import { statementsOf } from '../support/stores/statements.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const at = new Date('2026-11-22T12:00:00.000Z');
const paid: ChargeOutcome = { status: 'succeeded', reference: 'pi_paid' };
const refused: ChargeOutcome = { status: 'failed', reference: 'pi_refused', code: 'card_declined', detail: 'No.' };
const settle = (orderId: string, paymentId: string, outcome: ChargeOutcome) =>
  shop.ctx.transaction((tx, after) => settlePayment(tx, after, { orderId, paymentId, outcome, at }));
const historyOf = async (order: string) => {
  const rows = await shop.ctx.orm.em.fork().find(OrderHistory, { order, subject: 'order' });
  return rows.map(({ toStatus }) => toStatus).toSorted();
};
const announcedOf = async (order: string) => {
  await shop.ctx.events.relay.idle();
  const events = (await readStream(shop.ctx.redis, 'orders')).filter(({ subject }) => subject === order);
  return events.map(({ type }) => type);
};

test('payment, order, history and event move together', async () => {
  const { id, payment } = await shop.place();
  expect(await settle(id, payment?.id ?? '', { ...paid, reference: 'pi_together' })).toBe('succeeded');
  expect(await shop.read(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
  expect(await historyOf(id)).toEqual(['paid', 'pending']);
  expect(await announcedOf(id)).toEqual(['order.created', 'order.paid']);
});

test('a second settlement changes nothing, whatever it says', async () => {
  const { id, payment } = await shop.place();
  await settle(id, payment?.id ?? '', paid);
  for (const outcome of [paid, refused, { status: 'canceled', reference: 'pi_late' } satisfies ChargeOutcome])
    expect(await settle(id, payment?.id ?? '', outcome)).toBe('succeeded');
  expect((await shop.payments(id))[0]).toMatchObject({ gatewayReference: 'pi_paid', failureCode: null });
  expect(await historyOf(id)).toEqual(['paid', 'pending']);
  expect(await announcedOf(id)).toEqual(['order.created', 'order.paid']);
});

test('a charge that the gateway has canceled while it was under way is over, and the order may be paid again', async () => {
  const { id, payment } = await shop.place();
  expect(await settle(id, payment?.id ?? '', { status: 'canceled', reference: 'pi_canceled' })).toBe('canceled');
  expect(await shop.read(id)).toMatchObject({ status: 'payment_failed', payment: { status: 'canceled' } });
  expect(await announcedOf(id)).toEqual(['order.created', 'order.payment_failed']);
});

test('ten settlements at once move the order once', async () => {
  const { id, payment } = await shop.place();
  const outcome: ChargeOutcome = { ...refused, reference: 'pi_ten' };
  const ends = await Promise.all(Array.from({ length: 10 }, () => settle(id, payment?.id ?? '', outcome)));
  expect(new Set(ends)).toEqual(new Set(['failed']));
  expect(await historyOf(id)).toEqual(['payment_failed', 'pending']);
  expect(await announcedOf(id)).toEqual(['order.created', 'order.payment_failed']);
});

test('an order that is no longer pending rolls the whole settlement back', async () => {
  const { id, payment } = await shop.place();
  await shop.ctx.orm.em.fork().nativeUpdate(Order, { id }, { status: 'cancelled' });
  await expect(settle(id, payment?.id ?? '', { ...paid, reference: 'pi_late' })).rejects.toThrow(/cannot/);
  expect((await shop.payments(id))[0]).toMatchObject({ status: 'processing', gatewayReference: null, settledAt: null });
  expect(await announcedOf(id)).toEqual(['order.created']);
});

test('settled twice in one batch, what cannot be moved is so for both', async () => {
  const { id: orderId, payment } = await shop.place();
  await shop.ctx.orm.em.fork().nativeUpdate(Order, { id: orderId }, { status: 'cancelled' });
  const settlement = { orderId, paymentId: payment?.id ?? '', outcome: { ...paid, reference: 'pi_no' }, at };
  const ends = await Promise.allSettled([shop.ctx.payments.settle(settlement), shop.ctx.payments.settle(settlement)]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await shop.payments(orderId))[0]).toMatchObject({ status: 'processing', gatewayReference: null });
});

test('one whose reference another payment has already fails alone, and the others of its batch are paid', async () => {
  const orders = await Promise.all(Array.from({ length: 6 }, () => shop.place()));
  await settle(orders[0]?.id ?? '', orders[0]?.payment?.id ?? '', { status: 'succeeded', reference: 'pi_taken' });
  const others = orders.slice(1);
  const ends = await Promise.allSettled(
    others.map(({ id: orderId, payment }, index) =>
      shop.ctx.payments.settle({
        orderId,
        paymentId: payment?.id ?? '',
        outcome: { status: 'succeeded', reference: index === 2 ? 'pi_taken' : `pi_own_${index}` },
        at,
      }),
    ),
  );
  const end = (index: number) => (index === 2 ? 'rejected' : 'fulfilled');
  expect(ends.map(({ status }) => status)).toEqual(others.map((_, index) => end(index)));
  const read = await Promise.all(others.map(({ id }) => shop.read(id)));
  expect(read.map(({ status }) => status)).toEqual(others.map((_, index) => (index === 2 ? 'pending' : 'paid')));
});

test('settled twice in one batch is paid once', async () => {
  const { id: orderId, payment } = await shop.place();
  const settlement = { orderId, paymentId: payment?.id ?? '', at };
  const ends = await Promise.all([
    shop.ctx.payments.settle({ ...settlement, outcome: { ...paid, reference: 'pi_both' } }),
    shop.ctx.payments.settle({ ...settlement, outcome: { ...paid, reference: 'pi_both' } }),
    shop.ctx.payments.settle({ ...settlement, outcome: refused }),
  ]);
  expect(ends).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(await historyOf(orderId)).toEqual(['paid', 'pending']);
  expect(await announcedOf(orderId)).toEqual(['order.created', 'order.paid']);
});

test('sixty-four at once are begun and settled by as many statements as one', async () => {
  const orders = await Promise.all(Array.from({ length: 64 }, () => shop.place()));
  await shop.ctx.events.relay.idle();
  const due = orders.map(({ id: orderId, payment }) => ({ orderId, paymentId: payment?.id ?? '', at }));
  const { gateways, begin, settle: settleOne } = shop.ctx.payments;
  const beginning = await statementsOf(() => Promise.all(due.map((one) => begin({ ...one, gateways }))));
  expect(beginning.length, beginning.join('\n')).toBeLessThan(16);
  const ending = await statementsOf(() =>
    Promise.all(
      due.map((one) => settleOne({ ...one, outcome: { status: 'succeeded', reference: `pi_${one.paymentId}` } })),
    ),
  );
  expect(ending.length, ending.join('\n')).toBeLessThan(32);
  const read = await Promise.all(orders.map(({ id }) => shop.read(id)));
  expect(new Set(read.map(({ status }) => status))).toEqual(new Set(['paid']));
});
