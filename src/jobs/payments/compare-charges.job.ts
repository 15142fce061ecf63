import type { JobContext } from '../../context.ts';
import { keepLetter } from '../../ops/dead-letters.ts';
import type { EntityManager } from '@mikro-orm/mysql';
import { Payment, Refund } from '../../entities/payments.entity.ts';
import {
  isChargeOf,
  isKeyStale,
  type ListedCharge,
  type ListedRefund,
  neverTaken,
  type PaymentGateway,
} from '../../gateways/payments/payment-gateway.ts';
import { hearRefunds } from '../../payments/hear-refund.ts';
import type { PaymentRow, RefundRow } from '../../orders/order.ts';
import { refundPayment } from './refund-payment.job.ts';
import { z } from 'zod';
import { settlePayment } from '../../payments/settle-payment.ts';
import { paymentMoves } from '../../orders/transitions.ts';
import { orderJobs } from '../../orders/jobs.ts';
import { tenantOfUser } from '../shares.ts';
import { chargeOrder } from './charge-order.job.ts';
import { defineJob } from '../define-job.ts';
import { upkeep as queue } from '../queues.ts';

/** What a line of the gateway's books is beside ours. */
export type Verdict = 'same' | 'settled' | 'differs' | 'not_ours';

/** What is told to people when the books differ: about which object of the gateway, and whose job could look at it again. */
export type Difference = Readonly<{
  reference: string;
  kind: string;
  payload: Readonly<Record<string, string | undefined>>;
  what: string;
}>;

/** A line that was compared, and what there is to tell should it differ. */
export type Compared = Readonly<{ verdict: Verdict; difference: Difference }>;

/** Leaves a difference for people, as a dead letter: one for each object of the gateway, however often it is found. */
async function reportDifference(
  { transaction, now }: JobContext,
  foundBy: string,
  { reference, kind, payload, what }: Difference,
): Promise<void> {
  const letter = {
    kind,
    jobId: `differs-${reference}`,
    payload,
    reason: `${foundBy}: ${what}`,
    attempts: 0,
    diedAt: now(),
  };
  await transaction((tx) => keepLetter(tx, letter));
}

const dayMs = 24 * 3_600_000;
// A refund that has succeeded can still fail for a month.
const mostAgeMs = 35 * dayMs;
// The gateway's list is read in parts, each of which has its bound.
const partMs = 2 * dayMs;
const batch = 500;

type ComparedSpan = Readonly<{ since: Date; until: Date }>;

/** Compares a gateway's list of refunds with ours, both ways: each refund it lists, and each of ours that it does not. */
export async function* compareRefunds(
  ctx: JobContext,
  gateway: PaymentGateway,
  span: ComparedSpan,
): AsyncGenerator<Compared> {
  const since = Math.max(span.since.getTime(), span.until.getTime() - mostAgeMs);
  for (let end = span.until.getTime(); end > since; end -= partMs) {
    const part = { since: new Date(Math.max(since, end - partMs)), until: new Date(end) };
    const seen = new Set<string>();
    for await (const listed of gateway.listRefunds(part.since, part.until)) {
      seen.add(listed.reference);
      yield await compareListed(ctx, gateway, listed);
    }
    if (!gateway.keepsBooks) continue;
    for await (const refund of succeededIn(ctx.em, part)) {
      const reference = refund.gatewayReference ?? '';
      if (!seen.has(reference)) yield await compareOurs(ctx, gateway, refund, reference);
    }
  }
}

async function compareListed(ctx: JobContext, gateway: PaymentGateway, listed: ListedRefund): Promise<Compared> {
  const { reference, refundId, chargeReference, amountMinor, currency, outcome } = listed;
  const payment = await paymentOf(ctx.em, gateway, { gatewayReference: chargeReference ?? '' });
  const ours = refundId === undefined ? null : await ctx.em.findOne(Refund, { id: refundId }, fresh);
  const payload = { order_id: payment?.order ?? ours?.order, refund_id: refundId };
  const what = `the gateway has ${reference} as ${outcome.status} over ${amountMinor} ${currency}; we do not`;
  const difference = { reference, kind: refundPayment.kind, payload, what };
  if (payment?.status === 'succeeded') {
    const verdict = await hear(ctx, payment, [listed]);
    if (verdict !== 'differs') return { verdict, difference };
    // Others of the charge, further down the list, may explain it.
    const all = await gateway.refundsOf(chargeReference ?? '');
    const ofIt = [...all.filter((each) => each.reference !== reference), listed];
    return { verdict: await hear(ctx, payment, ofIt), difference };
  }
  // Of a charge that we do not have as taken, money has gone back: ours to explain if it is any order of ours.
  const isOurs = payment !== undefined || ours !== null;
  return { verdict: isOurs && outcome.status === 'succeeded' ? 'differs' : 'not_ours', difference };
}

async function compareOurs(
  ctx: JobContext,
  gateway: PaymentGateway,
  refund: RefundRow,
  reference: string,
): Promise<Compared> {
  const payload = { order_id: refund.order, refund_id: refund.id };
  const what = `we have ${reference} as succeeded over ${refund.amountMinor} ${refund.currency}; the gateway does not`;
  const difference = { reference, kind: refundPayment.kind, payload, what };
  const payment = await paymentOf(ctx.em, gateway, { id: refund.payment });
  if (!payment?.gatewayReference) return { verdict: 'not_ours', difference };
  // It may have been made outside the part of the list: asked for late, or told of late.
  const listed = (await gateway.refundsOf(payment.gatewayReference)).find((each) => each.reference === reference);
  return { verdict: listed ? await hear(ctx, payment, [listed]) : 'differs', difference };
}

/** Takes in what the gateway lists of a charge; the verdict is that on the last of them. */
async function hear(ctx: JobContext, payment: PaymentRow, refunds: readonly ListedRefund[]): Promise<Verdict> {
  const heard = await ctx.transaction((tx, after) => hearRefunds(tx, after, { payment, refunds, at: ctx.now() }));
  const last = heard.find(({ listed }) => listed === refunds.at(-1));
  if (!last) return 'not_ours';
  if (last.verdict !== 'known') return last.verdict;
  return (last.status === 'succeeded') === (last.listed.outcome.status === 'succeeded') ? 'same' : 'differs';
}

const fresh = { disableIdentityMap: true } as const;

async function paymentOf(
  em: EntityManager,
  { name }: PaymentGateway,
  which: Readonly<{ id: string } | { gatewayReference: string }>,
): Promise<PaymentRow | undefined> {
  return (await em.findOne(Payment, { ...which, gateway: name }, fresh)) ?? undefined;
}

/** Our refunds of a span that have succeeded, as far as the gateway has given them an id. */
async function* succeededIn(em: EntityManager, { since, until }: ComparedSpan): AsyncGenerator<RefundRow> {
  let after = '';
  for (;;) {
    const created = { createdAt: { $gte: since, $lt: until }, gatewayReference: { $ne: null } };
    const where = { ...created, status: 'succeeded' as const, id: { $gt: after } };
    const rows = await em.find(Refund, where, { ...fresh, orderBy: { id: 'asc' }, limit: batch });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < batch) return;
    after = last.id;
  }
}

// Charges of the last minutes may still be on their way to both books.
const freshMs = 10 * 60_000;
const mostNamed = 100;
// More are looked at the day after; as long as their time is listed, and by their own jobs all the while.
const mostLost = 10_000;

const Count = z.object({ compared: z.int(), settled: z.int(), differing: z.array(z.string()) });

/**
 * Compares the gateway's list of the last two days with ours, and that of refunds for as long as they can still fail. What is
 * not over is settled by what the list says, or by its not being there when it cannot be asked for any more, and a refund made at
 * the gateway is recorded; money that only one of the books has is for people: it becomes a dead letter, whose replay charges and
 * refunds nothing. Twice is harmless.
 */
export const compareCharges = defineJob(
  {
    kind: 'compare-charges',
    summary: 'Compare the payments and refunds of the last days with the gateway’s own lists.',
    queue,
    payload: z.object({}),
    result: Count,
    attempts: 5,
    backoffMs: 60_000,
    maxBackoffMs: 600_000,
    timeoutMs: 600_000,
    everyMs: dayMs,
  },
  async ({ id, signal }, ctx: JobContext) => {
    const until = new Date(ctx.now().getTime() - freshMs);
    const count: z.output<typeof Count> = { compared: 0, settled: 0, differing: [] };
    // Before the first payment is that old there is nothing to ask about.
    const [oldest] = await ctx.em.find(Payment, {}, { orderBy: { id: 'asc' }, limit: 1, disableIdentityMap: true });
    if (!oldest || oldest.createdAt > until) return count;
    const tally = async ({ verdict, difference }: Compared) => {
      signal.throwIfAborted();
      count.compared += 1;
      if (verdict === 'settled') count.settled += 1;
      if (verdict !== 'differs') return;
      const { reference, payload } = difference;
      ctx.log.error({ reference, order: payload['order_id'] }, 'compare-charges: the books differ');
      if (count.differing.length < mostNamed) count.differing.push(reference);
      await reportDifference(ctx, id, difference);
    };
    const unread: unknown[] = [];
    // One that does not answer keeps nobody from looking at the books of the others.
    for (const gateway of ctx.payments.gateways.all)
      try {
        for await (const compared of compareBooks(ctx, gateway, { since: oldest.createdAt, until }))
          await tally(compared);
      } catch (error) {
        signal.throwIfAborted();
        unread.push(error);
      }
    if (unread.length > 0) throw unread[0];
    return count;
  },
);

async function* compareBooks(ctx: JobContext, gateway: PaymentGateway, span: ComparedSpan): AsyncGenerator<Compared> {
  const { until } = span;
  const listed = { since: new Date(until.getTime() - 2 * dayMs), until };
  const lost = await lostIn(ctx, gateway, listed);
  for await (const charge of gateway.list(listed.since, listed.until)) {
    lost.delete(charge.paymentId ?? '');
    if (charge.outcome.status !== 'requires_action')
      yield { verdict: await compare(ctx, gateway, charge), difference: differenceOf(charge) };
  }
  for (const { order: orderId, id: paymentId } of lost.values()) {
    const settlement = { orderId, paymentId, outcome: neverTaken, at: ctx.now() };
    await ctx.transaction((tx, after) => settlePayment(tx, after, settlement));
    const payload = { order_id: orderId, payment_id: paymentId };
    const what = `the gateway has never heard of payment ${paymentId}`;
    yield { verdict: 'settled', difference: { reference: paymentId, kind: chargeOrder.kind, payload, what } };
  }
  yield* compareRefunds(ctx, gateway, span);
}

/**
 * Payments that were asked for within a span, and cannot be any more, by their ids. What a busy gateway lists of that time may be more
 * than an attempt of `charge-order` goes through: those that are not in the whole list were never taken.
 */
async function lostIn(
  { em, now }: JobContext,
  gateway: PaymentGateway,
  { since, until }: ComparedSpan,
): Promise<Map<string, PaymentRow>> {
  if (!gateway.keepsBooks) return new Map();
  const asked = { chargingAt: { $gte: since }, lastCallAt: { $lt: until } };
  const where = { gateway: gateway.name, status: 'unknown' as const, gatewayReference: null, ...asked };
  const rows = await em.find(Payment, where, { ...fresh, orderBy: { id: 'asc' }, limit: mostLost });
  const isOver = ({ chargingAt }: PaymentRow) => chargingAt && isKeyStale(gateway, chargingAt, now());
  return new Map(rows.filter(isOver).map((row) => [row.id, row]));
}

async function compare(ctx: JobContext, gateway: PaymentGateway, charge: ListedCharge): Promise<Verdict> {
  const { orderId, paymentId, reference, outcome } = charge;
  if (orderId === undefined || paymentId === undefined) return 'not_ours';
  const payment = await ctx.em.findOne(Payment, { id: paymentId, order: orderId }, { disableIdentityMap: true });
  // What another gateway's book has of it settles nothing here.
  if (payment?.gateway !== gateway.name) return outcome.status === 'succeeded' ? 'differs' : 'not_ours';
  if (!isChargeOf(charge, payment)) return 'differs';
  // A second intent of one payment: nothing of ours made it, and when it has taken money, that is once too often.
  if (payment.gatewayReference && payment.gatewayReference !== reference)
    return outcome.status === 'succeeded' ? 'differs' : 'same';
  if (payment.status === outcome.status) return 'same';
  // A refusal before the buyer's eyes can still be overcome by the buyer: it is ended at the gateway before it counts.
  if (payment.status === 'requires_action' && outcome.status === 'failed') {
    const payload = { order_id: orderId, payment_id: paymentId, gateway: gateway.name };
    await ctx.transaction(async (_tx, after) => after.enqueue(orderJobs.charge, payload, tenantOfUser(payment.user)));
    return 'same';
  }
  if (paymentMoves[payment.status].includes(outcome.status)) {
    await ctx.transaction((tx, after) => settlePayment(tx, after, { orderId, paymentId, outcome, at: ctx.now() }));
    return 'settled';
  }
  // What was never taken may have ended in either way; only money that moved is a difference.
  return payment.status === 'succeeded' || outcome.status === 'succeeded' ? 'differs' : 'same';
}

function differenceOf(charge: ListedCharge): Difference {
  const { reference, orderId, paymentId, outcome, amountMinor, currency, receivedMinor = amountMinor } = charge;
  const short = receivedMinor === amountMinor ? '' : `, of which ${receivedMinor} have come in`;
  return {
    reference,
    kind: chargeOrder.kind,
    payload: { order_id: orderId, payment_id: paymentId },
    what: `the gateway has ${reference} as ${outcome.status} over ${amountMinor} ${currency}${short}; we do not`,
  };
}
