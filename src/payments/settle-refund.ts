import type { EntityManager } from '@mikro-orm/mysql';
import { Order } from '../entities/orders.entity.ts';
import { Payment, Refund, type RefundStatus } from '../entities/payments.entity.ts';
import type { RefundOutcome } from '../gateways/payments/payment-gateway.ts';
import { tenantOfUser } from '../jobs/shares.ts';
import { toMajor } from '../money/money.ts';
import { selectRows, updateEach } from '../mysql/rows.ts';
import { type OrderRow, orderFacts, type RefundRow } from '../orders/order.ts';
import {
  type Entry,
  type IllegalMove,
  illegalMove,
  refundMoves,
  refuseFewer,
  writeHistory,
} from '../orders/transitions.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { alone, type Member, outcomeOf } from '../outbox/batch.ts';
import { orderRefunded, orderRefundFailed } from '../streams/orders.stream.ts';
import type { Seen } from './begin-charge.ts';
import { paymentJobs } from './jobs.ts';
import { knownRefund, lockRefunds, nowIs, type RefundRows, type Which } from './lock-refunds.ts';
import { endCalls, type Unknown } from './settle-payment.ts';

/** What became of a refund at its gateway. */
export type RefundSettlement = Which &
  Readonly<{
    outcome: RefundOutcome | Unknown;
    /** The conversation that brought the outcome, if there was one. */
    callId?: string;
  }>;

// A webhook may get lost: a refund that the gateway is at work on is asked about from time to time.
const processingReviewMs = 15_000;

/**
 * Records what the gateway decided about each refund: refund, order, history and event in the caller's transaction, by a handful of
 * statements. The outcome of each is where its refund then stands. What does not move it is heard and left, so this may run any
 * number of times, in any order; IllegalMove and GiveUp are the outcomes of rows that cannot be moved.
 */
export async function settleRefunds(
  tx: EntityManager,
  after: AfterCommit,
  settlements: readonly Member<RefundSettlement>[],
): Promise<readonly (RefundStatus | Error)[]> {
  const given = settlements.map((member) => member.given);
  const rows: Rows = { ...(await lockRefunds(tx, given)), entries: [], doubted: [] };
  const outcomes = settlements.map((member) => settle(after, member, rows));
  await endCalls(
    tx,
    given.filter((_, index) => !(outcomes[index] instanceof Error)),
  );
  await store(tx, rows);
  await askForAll(tx, after, rows.doubted);
  return outcomes;
}

/** The same of one refund, in a transaction that does more. @throws IllegalMove or GiveUp. */
export function settleRefund(
  tx: EntityManager,
  after: AfterCommit,
  settlement: RefundSettlement,
): Promise<RefundStatus> {
  return alone((members) => settleRefunds(tx, after, members), settlement);
}

type Doubted = Readonly<{ refund: RefundRow; within: Member<RefundSettlement>['within'] }>;
/** The rows as they are once all that came before is written, their history, and refunds that are more than is known to be left. */
type Rows = RefundRows & Readonly<{ entries: Entry[]; doubted: Doubted[] }>;

/** Where a refund goes, for those after it to see. What cannot be done is refused before anything of it is kept. */
function settle(after: AfterCommit, { given, within }: Member<RefundSettlement>, rows: Rows): RefundStatus | Error {
  const { orderId, refundId, at, outcome: told } = given;
  const known = outcomeOf(() => knownRefund(rows, given));
  if (known instanceof Error) return known;
  const { order, refund } = known;
  const isTooMuch =
    told.status === 'succeeded' &&
    refund.status !== 'succeeded' &&
    order.refundedMinor + refund.amountMinor > order.totalMinor;
  const outcome = isTooMuch
    ? { ...told, status: 'processing' as const, detail: 'more than is known to be left' }
    : told;
  if (!isNews(refund, outcome)) return refund.status;
  const standing = standingOf(order, refund, outcome);
  if (standing instanceof Error) return standing;
  const { status: to } = outcome;
  const reason = to === 'failed' ? outcome.code : to === 'processing' ? outcome.detail : undefined;
  const entry = { order: orderId, from: refund.status, to, at, reason };
  rows.entries.push({ ...entry, subject: 'refund', subjectId: refundId });
  if (standing.refundedMinor !== order.refundedMinor) {
    const why = to === 'failed' ? reason : undefined;
    const move = { from: order.status, to: standing.status, reason: why };
    rows.entries.push({ ...entry, ...move, subject: 'order', subjectId: orderId });
    nowIs(rows.orders, standing);
  }
  nowIs(rows.refunds, { ...refund, ...columnsOf(outcome, at), status: to });
  within(() => announce(after, { order: standing, refund, outcome }));
  // Another refund must have failed since, of which nobody has told: the gateway's list of all will say so.
  if (isTooMuch) rows.doubted.push({ refund, within });
  return to;
}

/** Whether it moves the refund. That the gateway is at work on what it has is no news, nor that it could not be heard. */
function isNews({ status, gatewayReference }: RefundRow, outcome: RefundSettlement['outcome']): boolean {
  const isWaiting = outcome.status === 'processing' || outcome.status === 'unknown';
  return refundMoves[status].includes(outcome.status) && !(isWaiting && gatewayReference);
}

function columnsOf(outcome: RefundSettlement['outcome'], at: Date): Partial<RefundRow> {
  if (outcome.status === 'unknown') return {};
  const { reference } = outcome;
  const gatewayReference = reference === null ? {} : { gatewayReference: reference };
  if (outcome.status === 'processing')
    return { ...gatewayReference, reviewAt: new Date(at.getTime() + processingReviewMs) };
  const settled = { ...gatewayReference, settledAt: at, reviewAt: null };
  if (outcome.status === 'succeeded') return settled;
  const { code, detail } = outcome;
  return { ...settled, failureCode: code.slice(0, 100), failureDetail: detail.slice(0, 500) };
}

type Standing = OrderRow & Readonly<{ status: 'paid' | 'partially_refunded' | 'refunded' }>;

/** An order stands where the refunds that have succeeded put it; IllegalMove when it cannot be moved there. */
function standingOf(
  order: OrderRow,
  refund: RefundRow,
  { status }: RefundSettlement['outcome'],
): Standing | IllegalMove {
  const { id, status: from, totalMinor } = order;
  const changeMinor =
    status === 'succeeded' ? refund.amountMinor : refund.status === 'succeeded' ? -refund.amountMinor : 0;
  const refundedMinor = order.refundedMinor + changeMinor;
  const to = refundedMinor === 0 ? 'paid' : refundedMinor === totalMinor ? 'refunded' : 'partially_refunded';
  const illegal = changeMinor === 0 ? undefined : illegalMove('order', { id, from, to });
  return illegal ?? { ...order, status: to, refundedMinor };
}

type Announced = Readonly<{ order: Standing; refund: RefundRow; outcome: RefundSettlement['outcome'] }>;

function announce(after: AfterCommit, { order, refund, outcome }: Announced): void {
  const { id, status, refundedMinor, currency } = order;
  const facts = {
    ...orderFacts(order),
    refund_id: refund.id,
    amount: toMajor(refund.amountMinor, currency),
    refunded_amount: toMajor(refundedMinor, currency),
  };
  if (outcome.status === 'failed')
    after.publish(orderRefundFailed, id, { ...facts, status, failure_code: outcome.code });
  else if (outcome.status === 'succeeded' && status !== 'paid') after.publish(orderRefunded, id, { ...facts, status });
}

/** Writes what has moved, and the history of it. Each update is guarded by where the rows were. @throws IllegalMove. */
async function store(tx: EntityManager, { orders, refunds, entries }: Rows): Promise<void> {
  for (const [from, some] of Map.groupBy(changed(refunds), ({ known }) => known.status)) {
    const rows = some.map(
      ({ now: { id, status, gatewayReference, failureCode, failureDetail, settledAt, reviewAt } }) => ({
        id,
        set: { status, gatewayReference, failureCode, failureDetail, settledAt, reviewAt },
      }),
    );
    refuseFewer('refund', { all: rows.length, moved: await updateEach(tx, Refund, rows, { status: from }), from });
  }
  for (const [from, some] of Map.groupBy(changed(orders), ({ known }) => known.status)) {
    const rows = some.map(({ now: { id, status, refundedMinor } }) => ({
      id,
      set: { status, refundedMinor, waitingSince: null },
    }));
    refuseFewer('order', { all: rows.length, moved: await updateEach(tx, Order, rows, { status: from }), from });
  }
  await writeHistory(tx, entries);
}

function changed<Row>(rows: ReadonlyMap<string, Seen<Row>>): readonly Seen<Row>[] {
  return [...rows.values()].filter(({ known, now }) => now !== known);
}

async function askForAll(tx: EntityManager, after: AfterCommit, doubted: readonly Doubted[]): Promise<void> {
  const payments = await selectRows(tx, Payment, 'id', [...new Set(doubted.map(({ refund }) => refund.payment))]);
  const byId = new Map(payments.map((row) => [row.id, row]));
  for (const { refund, within } of doubted) {
    const payment = byId.get(refund.payment);
    if (!payment) continue;
    const { id: payment_id, order: order_id, gateway, user } = payment;
    within(() => after.enqueue(paymentJobs.lookUpRefunds, { order_id, payment_id, gateway }, tenantOfUser(user)));
  }
}
