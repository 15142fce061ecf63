import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { OrderHistory } from '../../../src/entities/orders.entity.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { sendAll } from '../../support/stores/send-all.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ STRIPE_WEBHOOK_SECRET: 'whsec_test' });
});
afterAll(() => shop.close());

const send = (type: string, object: object, { id = `evt_${randomUUID()}`, created = 1_764_000_000 } = {}) => {
  const body = JSON.stringify({ id, object: 'event', type, created, data: { object } });
  const seconds = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', 'whsec_test').update(`${seconds}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${signature}` };
  return shop.send('POST', '/payments/webhook', { body, headers });
};
const deliver = async (...told: Parameters<typeof send>) => {
  expect((await send(...told)).status).toBe(200);
};
/** A paid order of 100.00 USD, and the gateway's id of its payment. */
async function paid() {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  const [payment] = await shop.payments(id);
  return { id, intent: payment?.gatewayReference ?? '' };
}
/** A refund as Stripe shows it. */
const refundOf = (intent: string, changes: object = {}) => ({
  id: `re_${randomUUID()}`,
  object: 'refund',
  amount: 2_500,
  currency: 'usd',
  payment_intent: intent,
  status: 'succeeded',
  metadata: {},
  ...changes,
});
const eventsOf = async (id: string, type: string) => {
  const rows = await shop.ctx.orm.em.fork().find(EventLog, { subject: id, type }, { orderBy: { version: 'asc' } });
  return rows.map(({ data }): unknown => JSON.parse(data));
};
const historyOf = async (id: string) => {
  const where = { order: id, subject: 'order' as const };
  const rows = await shop.ctx.orm.em.fork().find(OrderHistory, where, { orderBy: { id: 'asc' } });
  return rows.map(({ toStatus }) => toStatus);
};
const ask = async (id: string, body: object = {}) => {
  expect((await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body })).status).toBe(202);
  return (await shop.read(id)).refunds.at(-1)?.id ?? '';
};

describe('a refund made at the gateway itself', () => {
  it('is recorded once, however often and in whatever shape the gateway tells of it', async () => {
    const { id, intent } = await paid();
    const refund = refundOf(intent);
    const charge = {
      id: 'ch_1',
      object: 'charge',
      payment_intent: intent,
      refunds: { data: [refund], has_more: false },
    };
    await Promise.all([
      deliver('refund.created', refund),
      deliver('refund.created', refund),
      deliver('charge.refunded', charge),
      deliver('refund.updated', refund),
      deliver('charge.refund.updated', refund),
    ]);
    expect(await shop.read(id)).toMatchObject({
      status: 'partially_refunded',
      refunded_amount: 25,
      refunds: [{ status: 'succeeded', amount: 25 }],
    });
    expect(await eventsOf(id, 'order.refunded')).toMatchObject([{ amount: 25, refunded_amount: 25 }]);
  });

  it('is counted when it succeeds, and taken back when it fails after all', async () => {
    const { id, intent } = await paid();
    const refund = refundOf(intent, { amount: 10_000, status: 'pending' });
    await deliver('refund.created', refund);
    expect(await shop.read(id)).toMatchObject({
      status: 'paid',
      refunded_amount: 0,
      refunds: [{ status: 'processing' }],
    });
    await deliver('refund.updated', { ...refund, status: 'succeeded' });
    expect(await shop.read(id)).toMatchObject({ status: 'refunded', refunded_amount: 100 });
    const failed = { ...refund, status: 'failed', failure_reason: 'lost_or_stolen_card' };
    await deliver('refund.failed', failed);
    await deliver('refund.failed', failed);
    await deliver('refund.updated', { ...refund, status: 'succeeded' });
    expect(await shop.read(id)).toMatchObject({
      status: 'paid',
      refunded_amount: 0,
      refunds: [{ status: 'failed', failure_code: 'lost_or_stolen_card' }],
    });
    expect(await historyOf(id)).toEqual(['pending', 'paid', 'refunded', 'paid']);
    expect(await eventsOf(id, 'order.refund_failed')).toMatchObject([
      { status: 'paid', amount: 100, refunded_amount: 0, failure_code: 'lost_or_stolen_card' },
    ]);
  });

  it('leaves what others have given back', async () => {
    const { id, intent } = await paid();
    const [first, second] = [refundOf(intent, { amount: 4_000 }), refundOf(intent, { amount: 6_000 })];
    await deliver('refund.created', first);
    await deliver('refund.created', second);
    expect((await shop.read(id)).status).toBe('refunded');
    await deliver('refund.updated', { ...second, status: 'canceled' });
    expect(await shop.read(id)).toMatchObject({ status: 'partially_refunded', refunded_amount: 40 });
    await deliver('refund.failed', { ...first, status: 'failed' });
    expect(await shop.read(id)).toMatchObject({ status: 'paid', refunded_amount: 0 });
    expect(await eventsOf(id, 'order.refund_failed')).toMatchObject([
      { status: 'partially_refunded', amount: 60, failure_code: 'canceled' },
      { status: 'paid', amount: 40 },
    ]);
  });

  it('is asked for where the gateway tells of a charge without its refunds', async () => {
    const { id, intent } = await paid();
    await deliver('charge.refunded', { id: 'ch_1', object: 'charge', payment_intent: intent, amount_refunded: 2_500 });
    await sendAll(shop.ctx);
    const jobs = await shop.ctx.jobs.queues.get('payments')?.getJobs();
    const data = expect.objectContaining({ order_id: id });
    expect(jobs).toContainEqual(expect.objectContaining({ name: 'look-up-refunds', data }));
  });

  it.each([
    ['more than was paid', { amount: 10_001 }],
    ['another currency', { currency: 'jpy' }],
  ])('of %s is for people, and moves nothing', async (_, changes) => {
    const { id, intent } = await paid();
    await deliver('refund.created', refundOf(intent, changes));
    expect(await shop.read(id)).toMatchObject({ status: 'paid', refunded_amount: 0 });
  });

  it('of a charge that is none of ours is taken and forgotten', async () => {
    await deliver('refund.created', refundOf('pi_foreign'));
    await deliver('charge.refunded', { id: 'ch_1', object: 'charge', payment_intent: 'pi_foreign' });
    await deliver('refund.created', refundOf('pi_foreign', { payment_intent: null }));
  });
});

describe('a refund of our own', () => {
  it('that the gateway tells of before its answer, and at the same time, counts once', async () => {
    const { id, intent } = await paid();
    const refundId = await ask(id, { amount: 25 });
    const refund = refundOf(intent, { metadata: { refund_id: refundId } });
    await shop.refund(id, {
      refund: async () => {
        await Promise.all([deliver('refund.created', refund), deliver('refund.updated', refund)]);
        return { status: 'processing', reference: refund.id, detail: 'pending' };
      },
    });
    expect(await shop.read(id)).toMatchObject({
      refunded_amount: 25,
      refunds: [{ id: refundId, status: 'succeeded' }],
    });
    expect(await eventsOf(id, 'order.refunded')).toHaveLength(1);
  });

  it('is not settled by its id in the metadata of another', async () => {
    const { id, intent } = await paid();
    const refundId = await ask(id, { amount: 25 });
    await deliver('refund.created', refundOf(intent, { amount: 1_000, metadata: { refund_id: refundId } }));
    await deliver('refund.created', refundOf('pi_foreign', { metadata: { refund_id: refundId } }));
    expect((await shop.read(id)).refunds).toMatchObject([
      { id: refundId, status: 'processing', amount: 25 },
      { status: 'succeeded', amount: 10 },
    ]);
  });
});

/** Pays an order whose charge the gateway tells more of before it answers; what it answers to that, then and once it is paid. */
async function toldEarly(type: string, objectOf: (intent: string) => object) {
  const { id } = await shop.place();
  let tell: (() => ReturnType<typeof send>) | undefined;
  let early: Response | undefined;
  const charge = async ({ key }: { key: string }) => {
    const intent = `pi_${key}`;
    const [object, event] = [objectOf(intent), { id: `evt_${key}`, created: Math.floor(Date.now() / 1_000) }];
    tell = () => send(type, object, event);
    early = await tell();
    // What happened before any charge that is under way was asked for is of none of these.
    await deliver(type, objectOf('pi_foreign'), { created: event.created - 600 });
    return { status: 'succeeded' as const, reference: intent };
  };
  expect(await shop.charge(id, { charge })).toBe('succeeded');
  return { id, early, later: [await tell?.(), await tell?.()].map((answer) => answer?.status) };
}

describe('what has happened to a charge before its own answer is heard', () => {
  const disputeOf = (intent: string) => {
    const money = { amount: 10_000, currency: 'usd' };
    return { id: `dp_${intent}`, object: 'dispute', status: 'needs_response', payment_intent: intent, ...money };
  };

  it('is refused as long as that is awaited, and then taken once: a dispute', async () => {
    const { id, early, later } = await toldEarly('charge.dispute.created', disputeOf);
    expect([early?.status, early?.headers.get('retry-after'), later]).toEqual([503, '5', [200, 200]]);
    expect(await eventsOf(id, 'order.disputed')).toHaveLength(1);
  });

  it('is refused as long as that is awaited, and then taken once: a refund', async () => {
    const { id, early, later } = await toldEarly('refund.created', (intent) =>
      refundOf(intent, { id: `re_${intent}` }),
    );
    expect([early?.status, later]).toEqual([503, [200, 200]]);
    expect(await eventsOf(id, 'order.refunded')).toMatchObject([{ amount: 25, refunded_amount: 25 }]);
  });
});

describe('a dispute', () => {
  it('stands in the timeline and is announced, each step once, in whatever order they come', async () => {
    const { id, intent } = await paid();
    const dispute = {
      id: `dp_${randomUUID()}`,
      object: 'dispute',
      amount: 10_000,
      currency: 'usd',
      payment_intent: intent,
    };
    const steps = [
      ['charge.dispute.funds_withdrawn', 'needs_response', 1_764_000_001],
      ['charge.dispute.created', 'needs_response', 1_764_000_000],
      ['charge.dispute.closed', 'won', 1_764_000_003],
      ['charge.dispute.updated', 'under_review', 1_764_000_002],
      ['charge.dispute.funds_reinstated', 'won', 1_764_000_004],
    ] as const;
    for (const [type, status, created] of steps)
      await Promise.all(
        [1, 2, 3].map(() =>
          deliver(type, { ...dispute, status, reason: 'fraudulent' }, { id: `evt_${type}_${id}`, created }),
        ),
      );
    expect(await eventsOf(id, 'order.disputed')).toMatchObject(
      steps.map(([type, dispute_status]) => ({
        happened: type.replace('charge.dispute.', ''),
        dispute_status,
        reason: 'fraudulent',
        amount: 100,
        status: 'paid',
      })),
    );
    const timeline: unknown = await (await shop.send('GET', `/orders/${id}/timeline`, { as: 'demo' })).json();
    expect(timeline).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ type: 'status', subject: 'dispute', from: null, to: 'needs_response' }),
        expect.objectContaining({ type: 'status', subject: 'dispute', from: 'needs_response', to: 'won' }),
        expect.objectContaining({ type: 'event', event: 'order.disputed' }),
        expect.objectContaining({
          type: 'gateway_call',
          operation: 'webhook',
          outcome: 'charge.dispute.funds_reinstated',
        }),
      ]),
    });
    expect((await shop.read(id)).status).toBe('paid');
  });

  it('of a charge that is none of ours is taken and forgotten', async () => {
    const foreign = {
      id: 'dp_1',
      object: 'dispute',
      status: 'lost',
      amount: 1,
      currency: 'usd',
      payment_intent: 'pi_foreign',
    };
    await deliver('charge.dispute.closed', foreign);
    await deliver('charge.dispute.closed', { ...foreign, payment_intent: null });
  });
});
