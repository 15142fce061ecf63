import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { OutcomeUnknown } from '../../../src/errors.ts';
import type { ListedCharge, ListedRefund } from '../../../src/gateways/payments/payment-gateway.ts';
import { compareCharges } from '../../../src/jobs/payments/compare-charges.job.ts';
import { answering, openShop, refusingGateway, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { sendAll } from '../../support/stores/send-all.ts';
import { tireless } from '../../support/upstreams/tireless-outage.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** The gateway's line about an order's payment. */
async function lineOf(order: string, status: 'succeeded' | 'canceled', more: Partial<ListedCharge> = {}) {
  const [payment] = await shop.payments(order);
  const reference = `pi_${payment?.gatewayKey}`;
  const line = { orderId: order, paymentId: payment?.id, amountMinor: 10_000, currency: 'USD', reference };
  return { ...line, outcome: { status, reference }, ...more };
}
// Old enough to be in both books.
const soon = () => ({ ...shop.ctx, now: () => new Date(Date.now() + 20 * 60_000) });
const compare = (lines: readonly ListedCharge[], refunds: readonly ListedRefund[] = []) => {
  const list = async function* () {
    yield* lines;
  };
  const listRefunds = async function* () {
    yield* refunds;
  };
  // Of a charge's own refunds it says what it lists, and those of earlier tests, which it lists no more.
  const refundsOf = async (reference: string) =>
    [...refunds, ...told].filter(({ chargeReference }) => chargeReference === reference);
  const gateways = answering(shop.ctx.payments.gateways, { list, listRefunds, refundsOf });
  return performJob(compareCharges, {}, { ...soon(), payments: { ...shop.ctx.payments, gateways } });
};
const told: ListedRefund[] = [];

/** A paid order, and the gateway's line about a refund of 25.00 USD of it. */
async function refundedOf(status: 'succeeded' | 'processing' | 'failed', more: Partial<ListedRefund> = {}) {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  const reference = `re_${id}`;
  const line: ListedRefund = {
    reference,
    chargeReference: (await shop.payments(id))[0]?.gatewayReference ?? undefined,
    refundId: undefined,
    amountMinor: 2_500,
    currency: 'USD',
    outcome:
      status === 'failed'
        ? { status, reference, code: 'expired_or_canceled_card', detail: 'No.' }
        : { status, reference, detail: 'pending' },
    ...more,
  };
  return { id, line };
}
/** Refunds 25.00 USD of an order ourselves; the gateway's answer is that of the line. */
async function refundAs(id: string, { outcome }: ListedRefund) {
  await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body: { amount: 25 } });
  await shop.refund(id, { refund: async () => outcome });
}
const letters = () => shop.ctx.orm.em.fork().count(DeadLetter);

test('finds the same in both books', async () => {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  expect(await compare([await lineOf(id, 'succeeded')])).toEqual({ compared: 1, settled: 0, differing: [] });
});

test('settles a payment nobody had heard of by what the gateway lists', async () => {
  const { id } = await shop.place();
  await expect(shop.charge(id, { charge: () => Promise.reject(new OutcomeUnknown('silence')) })).rejects.toThrow();
  expect(await compare([await lineOf(id, 'succeeded')])).toEqual({ compared: 1, settled: 1, differing: [] });
  expect((await shop.read(id)).status).toBe('paid');
});

test('leaves a refusal that its buyer can still overcome to whoever ends it at the gateway first', async () => {
  const { id } = await shop.place();
  const line = await lineOf(id, 'succeeded');
  const { reference, paymentId = '' } = line;
  await shop.charge(id, { charge: async () => ({ status: 'requires_action', reference, clientSecret: 'secret' }) });
  const asked = async () => {
    await sendAll(shop.ctx);
    const jobs = await shop.ctx.jobs.queues.get('payments')?.getJobs();
    return jobs?.filter(({ name, data }) => name === 'charge-order' && JSON.stringify(data).includes(paymentId)).length;
  };
  const before = (await asked()) ?? 0;
  const outcome = { status: 'failed' as const, reference, code: 'card_declined', detail: 'No.' };
  expect(await compare([{ ...line, outcome }])).toEqual({ compared: 1, settled: 0, differing: [] });
  expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
  expect(await asked()).toBe(before + 1);
});

test('names money that only one of the books has, once however often it is found', async () => {
  const refused = await shop.place();
  await shop.charge(refused.id, refusingGateway);
  const other = await shop.place();
  await shop.charge(other.id, takingGateway());
  const lines = [
    await lineOf(refused.id, 'succeeded'),
    await lineOf(other.id, 'succeeded', { amountMinor: 9_999 }),
    await lineOf(other.id, 'succeeded', { orderId: undefined, reference: 'pi_foreign' }),
  ];
  for (const _ of [1, 2])
    expect((await compare(lines)).differing).toEqual(lines.slice(0, 2).map((line) => line.reference));
  expect(await letters()).toBe(2);
  expect((await shop.read(refused.id)).status).toBe('payment_failed');
});

test('names a charge of which less has come in than was asked for, and settles nothing by it', async () => {
  const paid = await shop.place();
  await shop.charge(paid.id, takingGateway());
  const waits = await shop.place();
  const short = { receivedMinor: 1 };
  const lines = [await lineOf(paid.id, 'succeeded', short), await lineOf(waits.id, 'succeeded', short)];
  const reference = lines[1]?.reference ?? '';
  await shop.charge(waits.id, {
    charge: async () => ({ status: 'requires_action', reference, clientSecret: 'secret' }),
  });
  const references = lines.map((line) => line.reference);
  expect(await compare(lines)).toEqual({ compared: 2, settled: 0, differing: references });
  expect(await shop.read(waits.id)).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
  const [letter] = await shop.ctx.orm.em.fork().find(DeadLetter, { jobId: `differs-${reference}` });
  expect(letter?.reason).toContain('succeeded over 10000 USD, of which 1 have come in; we do not');
});

test('fails as a whole when the list cannot be read to its end', async () => {
  const list = async function* (): AsyncGenerator<ListedCharge> {
    yield* [];
    throw new OutcomeUnknown('the list broke off');
  };
  const gateways = answering(shop.ctx.payments.gateways, { list });
  const ctx = { ...soon(), payments: { ...shop.ctx.payments, gateways } };
  await expect(performJob(compareCharges, {}, ctx)).rejects.toThrow('the list broke off');
});

test('records a refund made at the gateway that nobody had told of, once', async () => {
  const { id, line } = await refundedOf('succeeded');
  for (const settled of [1, 0])
    expect(await compare([], [line])).toMatchObject({ compared: 1, settled, differing: [] });
  expect(await shop.read(id)).toMatchObject({ status: 'partially_refunded', refunded_amount: 25 });
  told.push(line);
});

test('takes an order back whose refund has failed after all, and no webhook said so', async () => {
  const { id, line } = await refundedOf('failed');
  const { reference } = line;
  await refundAs(id, { ...line, outcome: { status: 'succeeded', reference } });
  expect((await shop.read(id)).status).toBe('partially_refunded');
  expect(await compare([], [line])).toMatchObject({ settled: 1, differing: [] });
  expect(await shop.read(id)).toMatchObject({
    status: 'paid',
    refunds: [{ failure_code: 'expired_or_canceled_card' }],
  });
});

test('names a refund that only we have as done, after asking for those of its charge', async () => {
  const before = await letters();
  const { id, line } = await refundedOf('succeeded');
  await refundAs(id, line);
  for (const _ of [1, 2]) expect((await compare([], [])).differing).toEqual([line.reference]);
  expect(await letters()).toBe(before + 1);
  told.push(line);
  expect((await compare([], [])).differing).toEqual([]);
  // A refund of the days when `pending` was taken for done.
  told.pop();
  expect(
    (await compare([], [{ ...line, outcome: { status: 'processing', reference: line.reference, detail: 'pending' } }]))
      .differing,
  ).toEqual([line.reference]);
  told.push(line);
});

test('names a refund that cannot be what our books say, and leaves those of nobody we know', async () => {
  const { id, line } = await refundedOf('succeeded', { amountMinor: 10_001 });
  const foreign = { ...line, reference: 're_foreign', chargeReference: 'pi_foreign' };
  expect((await compare([], [line, foreign])).differing).toEqual([line.reference]);
  expect(await shop.read(id)).toMatchObject({ status: 'paid', refunded_amount: 0, refunds: [] });
});

test('finds a payment that has been charged twice, also when the first charge was found here', async () => {
  const heard = await shop.place();
  await shop.charge(heard.id, takingGateway());
  const unheard = await shop.place();
  await expect(
    shop.charge(unheard.id, { charge: () => Promise.reject(new OutcomeUnknown('silence')) }),
  ).rejects.toThrow('silence');
  const lines = [];
  for (const { id } of [heard, unheard]) {
    const [first, second] = [await lineOf(id, 'succeeded'), await lineOf(id, 'succeeded')];
    const reference = `pi_second_${id}`;
    lines.push(first, { ...second, reference, outcome: { status: 'succeeded' as const, reference } });
  }
  expect(await compare(lines)).toMatchObject({
    settled: 1,
    differing: [`pi_second_${heard.id}`, `pi_second_${unheard.id}`],
  });
});

test('ends what was asked for a day ago and is in no list, however long that is, and nothing that is', async () => {
  const dayMs = 24 * 3_600_000;
  const silent = { charge: () => Promise.reject(new OutcomeUnknown('silence')) };
  const ids = [];
  for (const ageMs of [dayMs, dayMs, 3_600_000, 3 * dayMs]) {
    const { id } = await shop.place();
    await expect(shop.charge(id, silent, { outage: tireless })).rejects.toThrow('silence');
    const at = new Date(Date.now() - ageMs);
    await shop.ctx.orm.em.fork().nativeUpdate(Payment, { order: id }, { chargingAt: at, lastCallAt: at });
    ids.push(id);
  }
  const [never = '', waits = '', ...others] = ids;
  const line = await lineOf(waits, 'succeeded');
  const outcome = { status: 'requires_action' as const, reference: line.reference, clientSecret: null };
  for (const settled of [1, 0]) expect(await compare([{ ...line, outcome }])).toMatchObject({ settled });
  const failed = { status: 'failed', failure_code: 'not_charged' };
  expect(await shop.read(never)).toMatchObject({ status: 'payment_failed', payment: failed });
  for (const id of [waits, ...others])
    expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'unknown' } });
});
