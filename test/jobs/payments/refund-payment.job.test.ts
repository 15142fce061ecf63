import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { Misconfigured, NotExecuted, OutcomeUnknown } from '../../../src/errors.ts';
import type {
  GiveBack,
  ListedRefund,
  PaymentGateway,
  RefundOutcome,
} from '../../../src/gateways/payments/payment-gateway.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { lookUpRefunds } from '../../../src/jobs/payments/look-up-refunds.job.ts';
import { refundPayment } from '../../../src/jobs/payments/refund-payment.job.ts';
import { reconcile } from '../../../src/jobs/payments/reconcile.job.ts';
import { answering, openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { sendAll } from '../../support/stores/send-all.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

async function paidOrder(): Promise<string> {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  return id;
}
const ask = (id: string, body: object = {}) => shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body });
const giving = (asked: GiveBack[] = []) => ({
  refund: async (given: GiveBack): Promise<RefundOutcome> => {
    asked.push(given);
    return { status: 'succeeded', reference: `re_${given.key}` };
  },
});
const events = async (id: string) => {
  const rows = await shop.ctx.orm.em
    .fork()
    .find(EventLog, { subject: id, type: 'order.refunded' }, { orderBy: { version: 'asc' } });
  return rows.map(({ data }): unknown => JSON.parse(data));
};

describe('a refund', () => {
  it('gives back a part, then the rest, each once and each announced with its amount', async () => {
    const id = await paidOrder();
    const asked: GiveBack[] = [];
    expect((await ask(id, { amount: 25.5 })).status).toBe(202);
    expect(await shop.refund(id, giving(asked))).toBe('succeeded');
    expect(await shop.read(id)).toMatchObject({ status: 'partially_refunded', refunded_amount: 25.5 });
    await ask(id);
    expect(await shop.refund(id, giving(asked))).toBe('succeeded');
    expect(await shop.refund(id, giving(asked))).toBe('settled');
    expect(await shop.read(id)).toMatchObject({ status: 'refunded', refunded_amount: 100 });
    expect(asked.map(({ amountMinor }) => amountMinor)).toEqual([2_550, 7_450]);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(2);
    expect(await events(id)).toMatchObject([
      { amount: 25.5, refunded_amount: 25.5, status: 'partially_refunded' },
      { amount: 74.5, refunded_amount: 100, status: 'refunded' },
    ]);
  });

  it('that the gateway takes after another has failed unheard is believed once its list says so, which is asked for', async () => {
    const id = await paidOrder();
    const [payment] = await shop.payments(id);
    const listed = (amountMinor: number, outcome: ListedRefund['outcome'] & { reference: string }): ListedRefund => ({
      reference: outcome.reference,
      chargeReference: payment?.gatewayReference ?? undefined,
      refundId: undefined,
      amountMinor,
      currency: 'USD',
      outcome,
    });
    const taken = { status: 'succeeded', reference: 're_ours' } as const;
    const before = listed(1_000, { status: 'succeeded', reference: 're_other' });
    const since = listed(1_000, { status: 'failed', reference: 're_other', code: 'lost', detail: 'No.' });
    const on = (gateway: Partial<PaymentGateway>) => {
      const gateways = answering(shop.ctx.payments.gateways, gateway);
      return { ...shop.ctx, payments: { ...shop.ctx.payments, gateways } };
    };
    const lookUp = (...all: ListedRefund[]) =>
      performJob(lookUpRefunds, { order_id: id, payment_id: payment?.id ?? '' }, on({ refundsOf: async () => all }));
    const queued = async () => {
      await sendAll(shop.ctx);
      const jobs = (await shop.ctx.jobs.queues.get('payments')?.getJobs(['waiting', 'prioritized'])) ?? [];
      return jobs.filter(({ name, data }) => name === lookUpRefunds.kind && JSON.stringify(data).includes(id)).length;
    };

    await ask(id);
    const [ours] = (await shop.read(id)).refunds;
    const payload = { order_id: id, refund_id: ours?.id ?? '' };
    await lookUp(before);
    const first = await performJob(refundPayment, payload, on({ refund: async () => taken }));
    expect(first.refund_status).toBe('processing');
    expect(await shop.read(id)).toMatchObject({ status: 'partially_refunded', refunded_amount: 10 });
    expect(await queued()).toBe(1);
    // Asked about meanwhile it is not believed either, and nothing more is asked for.
    const again = await performJob(refundPayment, payload, on({ refundsOf: async () => [listed(10_000, taken)] }));
    expect(again.refund_status).toBe('processing');
    await lookUp(listed(10_000, taken), since);
    expect(await shop.read(id)).toMatchObject({ status: 'refunded', refunded_amount: 100 });
    expect(await queued()).toBe(1);
  });

  it('is never more than is left, also when many are asked for at once', async () => {
    const id = await paidOrder();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(id, { amount: 30 })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(3);
    const refused = await problemOf(await ask(id, { amount: 10.01 }));
    expect(refused).toMatchObject({ code: 'refund_too_large', detail: '10.00 USD is left to be refunded.' });
    expect((await problemOf(await ask(id, { amount: 0.001 }))).code).toBe('invalid');
    expect((await ask(id)).status).toBe(202);
    expect((await problemOf(await ask(id))).code).toBe('order_closed');
  });

  it('that nobody heard of is asked for with the same key, or looked up, and happens once', async () => {
    const id = await paidOrder();
    await ask(id);
    const asked: GiveBack[] = [];
    const silent = {
      refund: (given: GiveBack) => {
        asked.push(given);
        return Promise.reject(new OutcomeUnknown('silence'));
      },
      refundsOf: async (chargeReference: string) =>
        asked.slice(0, 1).map(({ refundId, amountMinor }) => {
          const outcome = { status: 'succeeded' as const, reference: `re_${refundId}` };
          return { reference: outcome.reference, chargeReference, refundId, amountMinor, currency: 'USD', outcome };
        }),
    };
    await expect(shop.refund(id, silent)).rejects.toThrow('silence');
    expect((await shop.read(id)).refunds).toMatchObject([{ status: 'unknown' }]);
    await expect(shop.refund(id, silent)).rejects.toThrow('silence');
    expect(await shop.refund(id, silent)).toBe('succeeded');
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
    expect((await shop.read(id)).status).toBe('refunded');
  });

  it('that is refused for its secret for longer than a key is good is asked for once that is mended', async () => {
    const id = await paidOrder();
    await ask(id);
    const refused = { refund: () => Promise.reject(new Misconfigured('set another key')) };
    await expect(shop.refund(id, refused)).rejects.toThrow('set another key');
    const taking = {
      refund: async ({ key }: GiveBack): Promise<RefundOutcome> => ({ status: 'succeeded', reference: `re_${key}` }),
      refundsOf: async () => [],
    };
    expect(await shop.refund(id, taking, { now: () => new Date(Date.now() + 86_400_000) })).toBe('succeeded');
    expect((await shop.read(id)).refunds).toHaveLength(1);
  });

  it('of a restored backup, whose key the gateway may have forgotten since, is found, and given once', async () => {
    const id = await paidOrder();
    await ask(id, { amount: 25.5 });
    const refundId = (await shop.read(id)).refunds[0]?.id ?? '';
    const asked: GiveBack[] = [];
    const tomorrow = { now: () => new Date(Date.now() + 86_400_000) };
    const silent = { ...giving(asked), refundsOf: () => Promise.reject(new OutcomeUnknown('silence')) };
    for (let tries = 0; tries < 2; tries += 1)
      await expect(shop.refund(id, silent, tomorrow)).rejects.toThrow('silence');
    const refundsOf = async (chargeReference: string): Promise<ListedRefund[]> => {
      const outcome = { status: 'succeeded' as const, reference: `re_${refundId}` };
      return [
        { reference: outcome.reference, chargeReference, refundId, amountMinor: 2_550, currency: 'USD', outcome },
      ];
    };
    expect(await shop.refund(id, { ...giving(asked), refundsOf }, tomorrow)).toBe('succeeded');
    expect(asked).toEqual([]);
    expect(await shop.read(id)).toMatchObject({ status: 'partially_refunded', refunded_amount: 25.5 });
  });

  it('that the gateway refuses leaves the order paid, and the money can be refunded again', async () => {
    const id = await paidOrder();
    await ask(id);
    await expect(shop.refund(id, { refund: () => Promise.reject(new NotExecuted('not now')) })).rejects.toThrow(
      'not now',
    );
    const refused: RefundOutcome = { status: 'failed', reference: null, code: 'charge_disputed', detail: 'No.' };
    expect(await shop.refund(id, { refund: async () => refused })).toBe('failed');
    expect(await shop.read(id)).toMatchObject({ status: 'paid', refunds: [{ failure_code: 'charge_disputed' }] });
    expect((await ask(id)).status).toBe(202);
  });

  it.each(['pending', 'requires_action'])(
    'is processing while the gateway says %s, and is looked up',
    async (detail) => {
      const id = await paidOrder();
      await ask(id, { amount: 60, reason: 'Arrived broken' });
      const reference = `re_${id}`;
      expect(await shop.refund(id, { refund: async () => ({ status: 'processing', reference, detail }) })).toBe(
        'processing',
      );
      expect(await shop.read(id)).toMatchObject({
        status: 'paid',
        refunded_amount: 0,
        refunds: [{ status: 'processing', reason: 'Arrived broken' }],
      });
      expect(await events(id)).toEqual([]);
      expect((await problemOf(await ask(id, { amount: 40.01 }))).code).toBe('refund_too_large');
      const says = (outcome: RefundOutcome) => ({
        refund: () => Promise.reject(new Error('asked for twice')),
        refundsOf: async (chargeReference: string) => [
          { reference, chargeReference, refundId: undefined, amountMinor: 6_000, currency: 'USD', outcome },
        ],
      });
      expect(await shop.refund(id, says({ status: 'processing', reference, detail }))).toBe('processing');
      await expect(shop.refund(id, { refundsOf: () => Promise.reject(new OutcomeUnknown('silence')) })).rejects.toThrow(
        'silence',
      );
      expect((await shop.read(id)).refunds).toMatchObject([{ status: 'processing' }]);
      expect(await shop.refund(id, says({ status: 'succeeded', reference }))).toBe('succeeded');
      expect(await shop.read(id)).toMatchObject({ status: 'partially_refunded', refunded_amount: 60 });
    },
  );

  it.each([{ amountMinor: 1 }, { currency: 'EUR' }])(
    'that the gateway has over another amount is for people: %j',
    async (changes) => {
      const id = await paidOrder();
      await ask(id);
      const reference = `re_${id}`;
      await shop.refund(id, { refund: async () => ({ status: 'processing', reference, detail: 'pending' }) });
      const refundsOf = async (chargeReference: string): Promise<ListedRefund[]> => {
        const outcome = { status: 'succeeded' as const, reference };
        const listed = {
          reference,
          chargeReference,
          refundId: undefined,
          amountMinor: 10_000,
          currency: 'USD',
          outcome,
        };
        return [{ ...listed, ...changes }];
      };
      await expect(shop.refund(id, { refundsOf })).rejects.toThrow(`has ${reference} over another amount`);
      expect(await shop.read(id)).toMatchObject({ status: 'paid', refunds: [{ status: 'processing' }] });
    },
  );

  it('whose id the gateway has over another amount alone is for people, also once its key is too old', async () => {
    const id = await paidOrder();
    await ask(id);
    const refundId = (await shop.read(id)).refunds[0]?.id;
    await expect(shop.refund(id, { refund: () => Promise.reject(new OutcomeUnknown('silence')) })).rejects.toThrow(
      'silence',
    );
    const listed = (chargeReference: string, reference: string, amountMinor: number): ListedRefund => {
      const outcome = { status: 'succeeded' as const, reference };
      return { reference, chargeReference, refundId, amountMinor, currency: 'USD', outcome };
    };
    const tomorrow = { now: () => new Date(Date.now() + 86_400_000) };
    const another = { refundsOf: async (charge: string) => [listed(charge, `re_other_${id}`, 1)] };
    await expect(shop.refund(id, another, tomorrow)).rejects.toThrow(`has re_other_${id} over another amount`);
    expect((await shop.read(id)).refunds).toMatchObject([{ status: 'unknown' }]);
    const both = async (charge: string) => [listed(charge, `re_other_${id}`, 1), listed(charge, `re_${id}`, 10_000)];
    expect(await shop.refund(id, { refundsOf: both }, tomorrow)).toBe('succeeded');
  });

  it('that is processing gets a new job, also when every webhook is lost', async () => {
    const id = await paidOrder();
    await ask(id);
    const reference = `re_${id}`;
    await shop.refund(id, { refund: async () => ({ status: 'processing', reference, detail: 'pending' }) });
    await sendAll(shop.ctx);
    await shop.ctx.redis.flushdb();
    const later = { ...shop.ctx, now: () => new Date(Date.now() + 60_000) };
    expect((await performJob(reconcile, {}, later)).revived).toBeGreaterThan(0);
    await sendAll(shop.ctx);
    const jobs = await shop.ctx.jobs.queues.get('payments')?.getJobs();
    const data = expect.objectContaining({ order_id: id });
    expect(jobs).toContainEqual(expect.objectContaining({ name: 'refund-payment', data }));
  });

  it('is for administrators, and for what is paid', async () => {
    const { id } = await shop.place();
    expect((await problemOf(await ask(id))).code).toBe('order_closed');
    expect((await problemOf(await ask('none'))).code).toBe('not_found');
    const own = await shop.send('POST', `/orders/${id}/refund`, { as: 'demo', body: {} });
    expect((await problemOf(own)).code).toBe('forbidden');
  });
});
