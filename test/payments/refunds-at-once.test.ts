import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { Order, OrderHistory } from '../../src/entities/orders.entity.ts';
import { GatewayCall, Refund, type RefundStatus } from '../../src/entities/payments.entity.ts';
import { GiveUp, RateLimited } from '../../src/errors.ts';
import type { RefundOutcome } from '../../src/gateways/payments/payment-gateway.ts';
import { pauseQueues } from '../../src/jobs/pause.ts';
import { settleRefund } from '../../src/payments/settle-refund.ts';
import { openShop, type Shop, takingGateway } from '../support/api/shop.ts';
import { statementsOf } from '../support/stores/statements.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' });
  // One logs in for all.
  await asked(100);
});
afterAll(() => shop.close());

type Asked = Readonly<{ orderId: string; refundId: string }>;
const at = new Date('2026-11-22T12:00:00.000Z');
const em = () => shop.ctx.orm.em.fork();

/** A paid order of 100.00, and refunds of it that have been asked for. */
async function asked(...amounts: readonly number[]): Promise<Asked[]> {
  const { id: orderId } = await shop.place();
  await shop.charge(orderId, takingGateway());
  for (const amount of amounts) await shop.send('POST', `/orders/${orderId}/refund`, { as: 'admin', body: { amount } });
  const rows = await em().find(Refund, { order: orderId }, { orderBy: { id: 'asc' } });
  return rows.map(({ id: refundId }) => ({ orderId, refundId }));
}
const several = async (count: number) => (await Promise.all(Array.from({ length: count }, () => asked(40)))).flat();
const begin = (one: Asked) => shop.ctx.payments.beginRefund({ ...one, at, gateways: shop.ctx.payments.gateways });
const given = ({ refundId }: Asked): RefundOutcome => ({ status: 'succeeded', reference: `re_${refundId}` });
const failed = ({ refundId }: Asked): RefundOutcome => ({
  status: 'failed',
  reference: `re_${refundId}`,
  code: 'lost',
  detail: 'No.',
});
const settle = (one: Asked, outcome: RefundOutcome = given(one), callId?: string) =>
  shop.ctx.payments.settleRefund({ ...one, outcome, at, ...(callId === undefined ? {} : { callId }) });
/** What it takes, once nothing of before is being sent any more. */
const counted = async (work: () => Promise<unknown>) => {
  await shop.ctx.events.relay.idle();
  return statementsOf(work);
};
const all = <T>(asking: readonly Asked[], work: (one: Asked) => Promise<T>) => Promise.all(asking.map(work));
const statusesOf = async (those: readonly Asked[]) => {
  const rows = await em().find(Refund, { id: { $in: those.map(({ refundId }) => refundId) } });
  return those.map(({ refundId }) => rows.find(({ id }) => id === refundId)?.status);
};

const Told = z.object({ refunded_amount: z.number() });

/** What its events say has been given back, and its history of where it went, each in order. */
async function toldOf(order: string) {
  const events = await em().find(
    EventLog,
    { subject: order, type: { $like: 'order.refund%' } },
    { orderBy: { version: 'asc' } },
  );
  const lines = await em().find(OrderHistory, { order, subject: 'order' }, { orderBy: { id: 'asc' } });
  return {
    sums: events.map(({ data }) => Told.parse(JSON.parse(data)).refunded_amount),
    moves: lines.map(({ fromStatus, toStatus }) => `${fromStatus} ${toStatus}`).slice(2),
  };
}

describe('refunds at once', () => {
  it('of sixty-four payments share their statements', async () => {
    const those = await several(64);
    const beginning = await counted(() => all(those, begin));
    expect(beginning.length, beginning.join('\n')).toBeLessThan(16);
    const calls = await em().find(GatewayCall, { subjectId: { $in: those.map(({ refundId }) => refundId) } });
    expect(calls.map(({ operation, endedAt }) => [operation, endedAt])).toEqual(those.map(() => ['refund', null]));
    const callOf = ({ refundId }: Asked) => calls.find(({ subjectId }) => subjectId === refundId)?.id;
    const ending = await counted(() => all(those, (one) => settle(one, given(one), callOf(one))));
    expect(ending.length, ending.join('\n')).toBeLessThan(32);

    expect(new Set(await statusesOf(those))).toEqual(new Set(['succeeded']));
    const orders = await em().find(Order, { id: { $in: those.map(({ orderId }) => orderId) } });
    expect(orders.map(({ status, refundedMinor }) => [status, refundedMinor])).toEqual(
      those.map(() => ['partially_refunded', 4_000]),
    );
    const ended = await em().find(GatewayCall, { id: { $in: calls.map(({ id }) => id) } });
    expect(ended.map(({ outcome }) => outcome)).toEqual(those.map(() => 'succeeded'));
    expect(await toldOf(those[0]?.orderId ?? '')).toEqual({ sums: [40], moves: ['paid partially_refunded'] });
  });

  it('one alone takes as few statements as it did', async () => {
    const [one] = await several(1);
    if (!one) throw new Error('nothing was asked for');
    const beginning = await counted(() => begin(one));
    expect(beginning.length, beginning.join('\n')).toBeLessThanOrEqual(8);
    const ending = await counted(() => settle(one));
    expect(ending.length, ending.join('\n')).toBeLessThanOrEqual(12);
  });

  it('of one payment never give back more than it took, and each is told with the sum so far', async () => {
    const those = await asked(30, 30, 30, 10);
    const [first] = await em().find(Refund, { id: those[0]?.refundId ?? '' });
    if (!first) throw new Error('nothing was asked for');
    const unfit = { ...first, id: randomUUIDv7(), gatewayKey: randomUUIDv7(), jobId: randomUUIDv7() };
    const { id, order, payment, status, amountMinor, currency, gatewayKey, createdAt, calls, jobId } = unfit;
    await em().insert(Refund, {
      id,
      order,
      payment,
      status,
      amountMinor,
      currency,
      gatewayKey,
      createdAt,
      calls,
      jobId,
    });
    const withIt = [...those, { orderId: order, refundId: id }];
    await all(withIt, begin);
    expect(await all(withIt, (one) => settle(one))).toEqual([
      ...those.map((): RefundStatus => 'succeeded'),
      // The gateway's list of all is to say which of them it is that has failed since.
      'processing',
    ]);
    expect(await shop.read(order)).toMatchObject({ status: 'refunded', refunded_amount: 100 });
    expect(await toldOf(order)).toEqual({
      sums: [30, 60, 90, 100],
      moves: [
        'paid partially_refunded',
        'partially_refunded partially_refunded',
        'partially_refunded partially_refunded',
        'partially_refunded refunded',
      ],
    });
  });

  it('that are told of twice, or come back, count once', async () => {
    const [one, other] = await asked(30, 70);
    if (!one || !other) throw new Error('nothing was asked for');
    await all([one, one, other], begin);
    const ends = [settle(one), settle(one), settle(other), settle(other, failed(other)), settle(one)];
    expect(await Promise.all(ends)).toEqual(['succeeded', 'succeeded', 'succeeded', 'failed', 'succeeded']);
    expect(await shop.read(one.orderId)).toMatchObject({ status: 'partially_refunded', refunded_amount: 30 });
    expect((await toldOf(one.orderId)).sums).toEqual([30, 100, 30]);
    const rows = await em().find(Refund, { order: one.orderId }, { orderBy: { id: 'asc' } });
    expect(rows).toMatchObject([
      { status: 'succeeded', calls: 2, failureCode: null },
      { status: 'failed', calls: 1, failureCode: 'lost', reviewAt: null },
    ]);
  });

  it('that several processes settle at the same time are given back once each', async () => {
    const those = await asked(20, 20, 20, 20);
    const ofAnother = (one: Asked) =>
      shop.ctx.transaction((tx, after) => settleRefund(tx, after, { ...one, outcome: given(one), at }));
    expect(new Set(await all([...those, ...those], ofAnother))).toEqual(new Set(['succeeded']));
    const order = those[0]?.orderId ?? '';
    expect(await shop.read(order)).toMatchObject({ status: 'partially_refunded', refunded_amount: 80 });
    expect((await toldOf(order)).sums).toEqual([20, 40, 60, 80]);
  });

  it('fail alone, whatever is wrong with one of them', async () => {
    const those = await several(6);
    const [taken, moved, ...sound] = those;
    if (!taken || !moved || !sound[0]) throw new Error('nothing was asked for');
    await settle(sound[0]);
    await em().nativeUpdate(Order, { id: moved.orderId }, { status: 'cancelled' });
    const nobodys = { orderId: moved.orderId, refundId: randomUUIDv7() };
    const ends = await Promise.allSettled([
      settle(taken, given(sound[0])),
      settle(moved),
      settle(nobodys),
      ...sound.map((one) => settle(one)),
    ]);
    const refused = ['rejected', 'rejected', 'rejected'];
    expect(ends.map(({ status }) => status)).toEqual([...refused, ...sound.map(() => 'fulfilled')]);
    expect(await statusesOf(those)).toEqual(['processing', 'processing', ...sound.map(() => 'succeeded')]);
    await expect(Promise.all([begin(nobodys), begin(taken)])).rejects.toThrow(GiveUp);
  });

  it('wait while payments are stopped, and are only looked for when they have been asked for before', async () => {
    const those = await several(3);
    const [before, ...first] = those;
    if (!before) throw new Error('nothing was asked for');
    await begin(before);
    const decide = (isPaused: boolean) => pauseQueues(shop.ctx, { names: ['payments'], isPaused, changedBy: 1 });
    await decide(true);
    const [again, ...refused] = await Promise.allSettled([...those, ...first].map(begin));
    expect(again).toMatchObject({ status: 'fulfilled', value: { operation: 'refund' } });
    expect(refused.map((one) => one.status === 'rejected' && one.reason instanceof RateLimited)).toEqual(
      refused.map(() => true),
    );
    const rows = await em().find(Refund, { id: { $in: first.map(({ refundId }) => refundId) } });
    expect(rows.map(({ calls, chargingAt }) => [calls, chargingAt])).toEqual(first.map(() => [0, null]));
    await decide(false);
    expect(await all(first, async (one) => (await begin(one))?.operation)).toEqual(['refund', 'refund']);
  });
});
