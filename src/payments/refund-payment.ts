import { type EntityManager, type InferEntity, raw, type RawQueryFragment } from '@mikro-orm/mysql';
import { type GatewayOperation, Payment, Refund, type RefundStatus } from '../entities/payments.entity.ts';
import { GiveUp, RateLimited } from '../errors.ts';
import type { PaymentGateway, PaymentGateways, RefundOutcome } from '../gateways/payments/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { inTurn, type Member } from '../outbox/batch.ts';
import { orderRefunded, orderRefundFailed } from '../streams/orders.stream.ts';
import { beginCall, mustLookUp, nothingFound, wasNeverAsked } from './begin-charge.ts';
import { lockKnownOrder, type OrderRow, orderFacts } from '../orders/order.ts';
import { toMajor } from '../money/money.ts';
import { updateRows } from '../mysql/rows.ts';
import { arePaymentsPaused } from '../jobs/pause.ts';
import { tenantOfUser } from '../jobs/shares.ts';
import { paymentJobs } from './jobs.ts';
import { endCall, type Unknown } from './settle-payment.ts';
import { isRefundOver, moveOrder, moveRefund, type RefundColumns, refundMoves } from '../orders/transitions.ts';

/** A refund's row. */
export type RefundRow = InferEntity<typeof Refund>;

/** What is about to be said to the gateway of a refund, committed before anything is said. */
export type BegunRefund = Readonly<{
  refund: RefundRow;
  /** The one that took the payment. */
  gateway: PaymentGateway;
  operation: GatewayOperation;
  /** The gateway's own id of the payment. */
  reference: string;
  callId: string;
}>;

type Which = Readonly<{ orderId: string; refundId: string; at: Date }>;

/** A refund that may have to be asked for. */
export type DueRefund = Which &
  Readonly<{
    gateways: PaymentGateways;
    /** The look by which the gateway has no refund that, as far as is known, was never asked for: it may be now. */
    soughtBy?: string | undefined;
  }>;

const pauseCheckMs = 1_000;
// A webhook may get lost: a refund that the gateway is at work on is asked about from time to time.
const processingReviewMs = 15_000;

/** Writes down the next conversation about each refund, as {@link beginRefund} does of one; what it refuses is an outcome. */
export function beginRefunds(
  tx: EntityManager,
  members: readonly Member<DueRefund>[],
): Promise<readonly (BegunRefund | undefined | Error)[]> {
  return inTurn(members, byOrder, (due) =>
    beginRefund(tx, due).catch((error: unknown) => {
      if (error instanceof RateLimited || error instanceof GiveUp) return error;
      throw error;
    }),
  );
}

/** Records what the gateway decided about each refund, as {@link settleRefund} does of one. */
export function settleRefunds(
  tx: EntityManager,
  after: AfterCommit,
  members: readonly Member<RefundSettlement>[],
): Promise<readonly (RefundStatus | Error)[]> {
  return inTurn(members, byOrder, (settlement) => settleRefund(tx, after, settlement));
}

const byOrder = ({ orderId }: Which) => orderId;

/**
 * Writes down the next conversation about a refund, or returns undefined when it needs none any more. What the gateway has
 * taken up is only looked up from then on.
 * @throws RateLimited when payments are stopped and the gateway has not been asked yet; NoSuchGateway.
 */
async function beginRefund(
  tx: EntityManager,
  { orderId, refundId, at, gateways, soughtBy }: DueRefund,
): Promise<BegunRefund | undefined> {
  await lockKnownOrder(tx, orderId);
  if (soughtBy) await endCall(tx, soughtBy, nothingFound, at);
  const refund = await knownRefund(tx, { orderId, refundId });
  if (isRefundOver(refund.status)) return undefined;
  const isFirst = wasNeverAsked(refund);
  if (isFirst && (await arePaymentsPaused(tx))) throw new RateLimited(pauseCheckMs);
  const payment = await tx.findOneOrFail(Payment, { id: refund.payment }, { disableIdentityMap: true });
  const gateway = gateways.named(payment.gateway);
  if (!payment.gatewayReference) throw new GiveUp(`payment ${payment.id} has nothing at the gateway to refund`);
  const operation = operationFor(refund, gateway, { at, isSought: soughtBy !== undefined });
  // The look and what follows from it are one attempt.
  const calls: RawQueryFragment = raw(soughtBy ? 'calls' : 'calls + 1');
  const asked = operation === 'refund' ? { lastCallAt: at } : {};
  // Its key ages from its first use. Until it is known to have been used, that may be as long ago as it is old.
  const chargingAt = isFirst && operation === 'refund' ? at : (refund.chargingAt ?? refund.createdAt);
  await tx.nativeUpdate(Refund, { id: refundId }, { calls, ...asked, chargingAt });
  const callId = await beginCall(tx, { orderId, subjectId: refundId, operation, at });
  return { refund, gateway, operation, reference: payment.gatewayReference, callId };
}

function operationFor(
  refund: RefundRow,
  gateway: PaymentGateway,
  { at, isSought }: Readonly<{ at: Date; isSought: boolean }>,
): 'refund' | 'look_up' {
  if (isSought && wasNeverAsked(refund)) return 'refund';
  return refund.gatewayReference || mustLookUp(refund, gateway, at) ? 'look_up' : 'refund';
}

/**
 * Takes back what {@link beginRefund} wrote: the gateway was not asked, or did certainly nothing. Where nobody else has asked it
 * or is at it, and it has not taken the refund up, the refund is again one that was never asked for: its key has not begun to age.
 */
export async function undoRefund(
  tx: EntityManager,
  { refundId, callId, detail, at }: Readonly<{ refundId: string; callId: string; detail: string; at: Date }>,
): Promise<void> {
  const calls: RawQueryFragment = raw('calls - 1');
  await tx.nativeUpdate(Refund, { id: refundId }, { calls });
  const unasked = { id: refundId, status: 'processing' as const, calls: 0, gatewayReference: null };
  await updateRows(tx, Refund, unasked, { chargingAt: null, lastCallAt: null });
  await endCall(tx, callId, { status: 'not_executed', detail }, at);
}

/** What became of a refund at its gateway. */
export type RefundSettlement = Which &
  Readonly<{
    outcome: RefundOutcome | Unknown;
    /** The conversation that brought the outcome, if there was one. */
    callId?: string;
  }>;

/**
 * Records what the gateway decided about a refund: refund, order, history and event in the caller's transaction, and returns
 * where the refund stands. What does not move it is heard and left, so this may run any number of times, in any order.
 */
export async function settleRefund(
  tx: EntityManager,
  after: AfterCommit,
  { orderId, refundId, outcome: told, at, callId }: RefundSettlement,
): Promise<RefundStatus> {
  const order = await lockKnownOrder(tx, orderId);
  const refund = await knownRefund(tx, { orderId, refundId });
  if (callId) await endCall(tx, callId, told, at);
  const isTooMuch =
    told.status === 'succeeded' &&
    refund.status !== 'succeeded' &&
    order.refundedMinor + refund.amountMinor > order.totalMinor;
  const outcome = isTooMuch
    ? { ...told, status: 'processing' as const, detail: 'more than is known to be left' }
    : told;
  if (!isNews(refund, outcome)) return refund.status;
  // Another refund must have failed since, of which nobody has told: the gateway's list of all will say so.
  if (isTooMuch) await askForAll(tx, after, refund);
  const { status: to } = outcome;
  const reason = to === 'failed' ? outcome.code : to === 'processing' ? outcome.detail : undefined;
  await moveRefund(tx, { id: refundId, order: orderId, from: refund.status, to, at, reason }, columnsOf(outcome, at));
  if (to === 'succeeded' || to === 'failed') await moveOrderAlong(tx, after, { order, refund, outcome, at });
  return to;
}

/** Whether it moves the refund. That the gateway is at work on what it has is no news, nor that it could not be heard. */
function isNews({ status, gatewayReference }: RefundRow, outcome: RefundSettlement['outcome']): boolean {
  const isWaiting = outcome.status === 'processing' || outcome.status === 'unknown';
  return refundMoves[status].includes(outcome.status) && !(isWaiting && gatewayReference);
}

function columnsOf(outcome: RefundSettlement['outcome'], at: Date): RefundColumns {
  if (outcome.status === 'unknown') return {};
  const { reference } = outcome;
  const gatewayReference = reference === null ? {} : { gatewayReference: reference };
  if (outcome.status === 'processing')
    return { ...gatewayReference, reviewAt: new Date(at.getTime() + processingReviewMs) };
  if (outcome.status === 'succeeded') return gatewayReference;
  const { code, detail } = outcome;
  return { ...gatewayReference, failureCode: code.slice(0, 100), failureDetail: detail.slice(0, 500) };
}

type Along = Readonly<{ order: OrderRow; refund: RefundRow; outcome: RefundOutcome; at: Date }>;

/** An order stands where the refunds that have succeeded put it. */
async function moveOrderAlong(
  tx: EntityManager,
  after: AfterCommit,
  { order, refund, outcome, at }: Along,
): Promise<void> {
  const { id, status: from, totalMinor, currency } = order;
  const changeMinor =
    outcome.status === 'succeeded' ? refund.amountMinor : refund.status === 'succeeded' ? -refund.amountMinor : 0;
  const refundedMinor = order.refundedMinor + changeMinor;
  const to = refundedMinor === 0 ? 'paid' : refundedMinor === totalMinor ? 'refunded' : 'partially_refunded';
  const reason = outcome.status === 'failed' ? outcome.code : undefined;
  if (changeMinor !== 0) await moveOrder(tx, { id, from, to, at, reason }, refundedMinor);
  const facts = {
    ...orderFacts(order),
    refund_id: refund.id,
    amount: toMajor(refund.amountMinor, currency),
    refunded_amount: toMajor(refundedMinor, currency),
  };
  if (outcome.status === 'failed')
    after.publish(orderRefundFailed, id, { ...facts, status: to, failure_code: outcome.code });
  else if (to !== 'paid') after.publish(orderRefunded, id, { ...facts, status: to });
}

async function askForAll(tx: EntityManager, after: AfterCommit, { order, payment }: RefundRow): Promise<void> {
  const { gateway, user } = await tx.findOneOrFail(Payment, { id: payment }, { disableIdentityMap: true });
  after.enqueue(paymentJobs.lookUpRefunds, { order_id: order, payment_id: payment, gateway }, tenantOfUser(user));
}

async function knownRefund(
  tx: EntityManager,
  { orderId, refundId }: Readonly<{ orderId: string; refundId: string }>,
): Promise<RefundRow> {
  return tx.findOneOrFail(Refund, { id: refundId, order: orderId }, { disableIdentityMap: true });
}
