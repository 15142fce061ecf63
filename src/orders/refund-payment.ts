import { type EntityManager, type InferEntity, raw, type RawQueryFragment } from '@mikro-orm/mysql';
import type { GatewayOperation } from '../entities/gateway-call.entity.ts';
import { Payment } from '../entities/payment.entity.ts';
import { Refund, type RefundStatus } from '../entities/refund.entity.ts';
import { GiveUp, RateLimited } from '../errors.ts';
import type { PaymentGateway, PaymentGateways, RefundOutcome } from '../gateways/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderRefunded } from '../streams/orders.stream.ts';
import { beginCall, mustLookUp } from './begin-charge.ts';
import { lockKnownOrder, type OrderRow } from './lock-order.ts';
import { toMajor } from './money.ts';
import { orderFacts } from './order-facts.ts';
import { arePaymentsPaused } from './pause.ts';
import { endCall, type Unknown } from './settle-payment.ts';
import { moveOrder, moveRefund, refundMoves } from './transitions.ts';

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

const pauseCheckMs = 1_000;

/**
 * Writes down the next conversation about a refund, or returns undefined when it needs none any more.
 * @throws RateLimited when payments are stopped and the gateway has not been asked yet; NoSuchGateway.
 */
export async function beginRefund(
  tx: EntityManager,
  { orderId, refundId, at, gateways }: Which & Readonly<{ gateways: PaymentGateways }>,
): Promise<BegunRefund | undefined> {
  await lockKnownOrder(tx, orderId);
  const refund = await tx.findOneOrFail(Refund, { id: refundId, order: orderId }, { disableIdentityMap: true });
  if (refundMoves[refund.status].length === 0) return undefined;
  if (!refund.chargingAt && (await arePaymentsPaused(tx))) throw new RateLimited(pauseCheckMs);
  const payment = await tx.findOneOrFail(Payment, { id: refund.payment }, { disableIdentityMap: true });
  const gateway = gateways.named(payment.gateway);
  if (!payment.gatewayReference) throw new GiveUp(`payment ${payment.id} has nothing at the gateway to refund`);
  const operation = mustLookUp(refund, at) ? 'look_up' : 'refund';
  const calls: RawQueryFragment = raw('calls + 1');
  const changes = { calls, lastCallAt: at, chargingAt: refund.chargingAt ?? at };
  await tx.nativeUpdate(Refund, { id: refundId }, changes);
  const callId = await beginCall(tx, { orderId, subjectId: refundId, operation, at });
  return { refund, gateway, operation, reference: payment.gatewayReference, callId };
}

type Settlement = Which & Readonly<{ outcome: RefundOutcome | Unknown; callId: string }>;

/** Records what the gateway decided about a refund: refund, order, history and event in the caller's transaction. */
export async function settleRefund(
  tx: EntityManager,
  after: AfterCommit,
  { orderId, refundId, outcome, at, callId }: Settlement,
): Promise<RefundStatus> {
  const order = await lockKnownOrder(tx, orderId);
  const refund = await tx.findOneOrFail(Refund, { id: refundId, order: orderId }, { disableIdentityMap: true });
  await endCall(tx, callId, outcome, at);
  if (!refundMoves[refund.status].includes(outcome.status)) return refund.status;
  const move = { id: refundId, order: orderId, from: refund.status, to: outcome.status, at };
  if (outcome.status === 'failed') {
    const why = { failureCode: outcome.code.slice(0, 100), failureDetail: outcome.detail.slice(0, 500) };
    await moveRefund(tx, { ...move, reason: outcome.code }, why);
  } else await moveRefund(tx, move, outcome.status === 'succeeded' ? { gatewayReference: outcome.reference } : {});
  if (outcome.status === 'succeeded') await moveOrderAlong(tx, after, order, refund, at);
  return outcome.status;
}

async function moveOrderAlong(
  tx: EntityManager,
  after: AfterCommit,
  order: OrderRow,
  { id, amountMinor }: RefundRow,
  at: Date,
): Promise<void> {
  const refundedMinor = order.refundedMinor + amountMinor;
  if (refundedMinor > order.totalMinor) throw new GiveUp(`order ${order.id} would be refunded more than was paid`);
  const to = refundedMinor === order.totalMinor ? 'refunded' : 'partially_refunded';
  await moveOrder(tx, { id: order.id, from: order.status, to, at }, refundedMinor);
  after.publish(orderRefunded, order.id, {
    ...orderFacts(order),
    status: to,
    refund_id: id,
    amount: toMajor(amountMinor, order.currency),
    refunded_amount: toMajor(refundedMinor, order.currency),
  });
}
