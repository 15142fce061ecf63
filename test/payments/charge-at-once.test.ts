import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayCall, Payment } from '../../src/entities/payments.entity.ts';
import { Order, OrderHistory } from '../../src/entities/orders.entity.ts';
import { OrderView } from '../../src/api/orders/order-view.ts';
import { RateLimited } from '../../src/errors.ts';
import { pauseQueues } from '../../src/jobs/pause.ts';
import { chargeOrder } from '../../src/jobs/payments/charge-order.job.ts';
import { performJob } from '../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { sendsOf, statementsOf } from '../support/stores/statements.ts';
import { readStream } from '../support/stores/stream-entries.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ PAYMENT_GATEWAY: 'instant', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' });
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const place = async () => {
  const body = { products: [1] };
  const { id, payment } = OrderView.parse(await (await api.send('POST', '/orders', { as: 'demo', body })).json());
  return { order_id: id, payment_id: payment?.id ?? '', gateway: 'instant' };
};
const charge = (payload: Awaited<ReturnType<typeof place>>) => performJob(chargeOrder, payload, api.ctx.jobs.fork());
const rowsOf = async ({ order_id: order, payment_id: id }: { order_id: string; payment_id: string }) => {
  await api.ctx.events.relay.idle();
  const events = (await readStream(api.ctx.redis, 'orders')).filter(({ subject }) => subject === order);
  return {
    order: (await em().findOneOrFail(Order, order)).status,
    payment: await em().findOneOrFail(Payment, id),
    calls: await em().find(GatewayCall, { order }),
    history: (await em().find(OrderHistory, { order })).map(({ subject, toStatus }) => `${subject} ${toStatus}`),
    events: events.map(({ type }) => type),
  };
};

describe('a payment whose gateway asks nobody', () => {
  it('is begun and settled in one transaction, with all that any other leaves', async () => {
    const ids = await place();
    const sent = await sendsOf(async () => {
      expect(await charge(ids)).toEqual({ order_id: ids.order_id, payment_status: 'succeeded' });
    });
    // The other is about the place of its event.
    const commits = sent.filter((one) => one.endsWith('; commit'));
    expect(commits, sent.join('\n\n')).toHaveLength(1);
    // It locks what it needs, and writes all with its COMMIT.
    expect(sent.filter((one) => /`payments`|commit$/.test(one))).toHaveLength(2);
    const { order, payment, calls, history, events } = await rowsOf(ids);
    expect(order).toBe('paid');
    expect(payment).toMatchObject({ status: 'succeeded', calls: 1, reviewAt: null, failureCode: null });
    expect(payment.gatewayReference).toBe(`instant_${payment.gatewayKey}`);
    expect([payment.chargingAt, payment.lastCallAt]).toEqual([payment.settledAt, payment.settledAt]);
    expect(calls).toMatchObject([{ operation: 'charge', outcome: 'succeeded', endedAt: payment.settledAt }]);
    expect(history.toSorted()).toEqual(['order paid', 'order pending', 'payment processing', 'payment succeeded']);
    expect(events).toEqual(['order.created', 'order.paid']);
  });

  it('is charged once, however often its job runs, also at once with others', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, place));
    const heard = await statementsOf(async () => {
      await Promise.all([...all, ...all.slice(0, 6)].map(charge));
    });
    expect(heard.filter((one) => one === 'commit').length).toBeLessThanOrEqual(8);
    for (const ids of all) {
      const { order, calls, events } = await rowsOf(ids);
      expect([order, calls.length]).toEqual(['paid', 1]);
      expect(events).toEqual(['order.created', 'order.paid']);
    }
    await charge(all[0] ?? (await place()));
    expect((await rowsOf(all[0] ?? (await place()))).calls).toHaveLength(1);
  });

  it('is left alone while payments are stopped', async () => {
    const ids = await place();
    const decide = (isPaused: boolean) => pauseQueues(api.ctx, { names: ['payments'], isPaused, changedBy: 1 });
    await decide(true);
    await expect(charge(ids)).rejects.toThrow(RateLimited);
    const others = await Promise.all([place(), place()]);
    const refused = (await Promise.allSettled(others.map(charge))).map(({ status }) => status);
    expect(refused).toEqual(['rejected', 'rejected']);
    for (const one of [ids, ...others]) {
      const { order, payment, calls, history, events } = await rowsOf(one);
      expect([order, payment.status, payment.chargingAt, calls]).toEqual(['pending', 'processing', null, []]);
      expect([history.length, events]).toEqual([2, ['order.created']]);
    }
    await decide(false);
    for (const one of [ids, ...others]) await charge(one);
    expect((await rowsOf(ids)).order).toBe('paid');
  });

  it('that has begun before is settled as any other', async () => {
    const ids = await place();
    const at = new Date('2026-11-26T08:00:00.000Z');
    await em().nativeUpdate(Payment, ids.payment_id, { chargingAt: at, lastCallAt: at, calls: 1 });
    await charge(ids);
    const { order, payment } = await rowsOf(ids);
    expect(order).toBe('paid');
    expect(payment).toMatchObject({ calls: 2, chargingAt: at });
  });

  it('whose row names another gateway than its job does is not charged here', async () => {
    const ids = await place();
    await em().nativeUpdate(Payment, ids.payment_id, { gateway: 'stripe' });
    await expect(charge(ids)).rejects.toThrow('stripe');
    expect(await rowsOf(ids)).toMatchObject({ order: 'pending', payment: { status: 'processing' }, calls: [] });
  });

  it('whose order is no longer pending is not charged', async () => {
    const ids = await place();
    await em().nativeUpdate(Order, ids.order_id, { status: 'cancelled' });
    await expect(charge(ids)).rejects.toThrow(/cannot/);
    expect((await rowsOf(ids)).payment.status).toBe('processing');
  });
});
