import type { EntityManager } from '@mikro-orm/mysql';
import type { JobContext } from '../context.ts';
import { Payment } from '../entities/payment.entity.ts';
import { Refund } from '../entities/refund.entity.ts';
import type { ListedRefund, PaymentGateway } from '../gateways/payment-gateway.ts';
import { hearRefunds } from '../orders/hear-refund.ts';
import type { PaymentRow } from '../orders/lock-order.ts';
import type { RefundRow } from '../orders/refund-payment.ts';
import { refundPayment } from './refund-payment.job.ts';
import type { Compared, Verdict } from './report-difference.ts';

const dayMs = 24 * 3_600_000;
// A refund that has succeeded can still fail for a month.
const mostAgeMs = 35 * dayMs;
// The gateway's list is read in parts, each of which has its bound.
const partMs = 2 * dayMs;
const batch = 500;

type Span = Readonly<{ since: Date; until: Date }>;

/** Compares a gateway's list of refunds with ours, both ways: each refund it lists, and each of ours that it does not. */
export async function* compareRefunds(ctx: JobContext, gateway: PaymentGateway, span: Span): AsyncGenerator<Compared> {
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
async function* succeededIn(em: EntityManager, { since, until }: Span): AsyncGenerator<RefundRow> {
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
