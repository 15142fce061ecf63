import type { EntityManager } from '@mikro-orm/mysql';
import { GatewayCall, type PaymentStatus } from '../entities/payments.entity.ts';
import { Order } from '../entities/orders.entity.ts';
import type { ChargeOutcome } from '../gateways/payments/payment-gateway.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { updateRows } from '../mysql/rows.ts';
import { orderPaid, orderPaymentFailed } from '../streams/orders.stream.ts';
import { type CancelReason, cancelOrder } from '../orders/cancel-order.ts';
import { knownPayment, lockKnownOrder, type OrderRow, type PaymentRow, orderFacts } from '../orders/order.ts';
import { moveOrder, movePayment, paymentMoves, type PaymentColumns } from '../orders/transitions.ts';

/** Nobody heard what the gateway did. */
export type Unknown = Readonly<{ status: 'unknown'; detail: string }>;

type Settlement = Readonly<{
  orderId: string;
  paymentId: string;
  outcome: ChargeOutcome | Unknown;
  at: Date;
  /** The conversation that brought the outcome, if there was one. */
  callId?: string;
  /** Why nobody waits for the payment any longer: should it be canceled, so is its order. */
  cancelReason?: CancelReason;
}>;

// A webhook may get lost: who waits for the buyer is asked about from time to time.
const actionReviewMs = 15_000;

/**
 * Records what the gateway decided: payment, order, history and event in the caller's transaction, and returns where the
 * payment stands. What does not move the payment is heard and left, so this may run any number of times, in any order.
 */
export async function settlePayment(
  tx: EntityManager,
  after: AfterCommit,
  settlement: Settlement,
): Promise<PaymentStatus> {
  const { orderId, paymentId, outcome, at, callId } = settlement;
  const order = await lockKnownOrder(tx, orderId);
  const payment = await knownPayment(tx, { orderId, paymentId });
  if (callId) await endCall(tx, callId, outcome, at);
  if (!paymentMoves[payment.status].includes(outcome.status)) return payment.status;

  const { id, status: from } = payment;
  const reason = outcome.status === 'failed' ? outcome.code : undefined;
  await movePayment(tx, { id, order: orderId, from, to: outcome.status, at, reason }, columnsOf(outcome, at));
  await moveOrderAlong(tx, after, { order, payment, settlement });
  return outcome.status;
}

/** Notes how a conversation with the gateway ended. */
export async function endCall(
  tx: EntityManager,
  id: string,
  outcome: Readonly<{ status: string; detail?: string; code?: string }>,
  endedAt: Date,
): Promise<void> {
  const detail = [outcome.code, outcome.detail].filter((part) => part !== undefined).join(': ');
  await updateRows(
    tx,
    GatewayCall,
    { id, endedAt: null },
    { endedAt, outcome: outcome.status, detail: detail === '' ? null : detail.slice(0, 500) },
  );
}

function columnsOf(outcome: ChargeOutcome | Unknown, at: Date): PaymentColumns {
  if (outcome.status === 'unknown') return {};
  const gatewayReference = outcome.reference;
  if (outcome.status === 'requires_action')
    return {
      gatewayReference,
      clientSecret: outcome.clientSecret,
      reviewAt: new Date(at.getTime() + actionReviewMs),
    };
  if (outcome.status !== 'failed') return { gatewayReference };
  return {
    ...(gatewayReference === null ? {} : { gatewayReference }),
    failureCode: outcome.code.slice(0, 100),
    failureDetail: outcome.detail.slice(0, 500),
  };
}

type Along = Readonly<{ order: OrderRow; payment: PaymentRow; settlement: Settlement }>;

async function moveOrderAlong(
  tx: EntityManager,
  after: AfterCommit,
  { order, payment, settlement: { outcome, at, cancelReason } }: Along,
): Promise<void> {
  const facts = { ...orderFacts(order), payment_id: payment.id };
  const { id, status: from } = order;
  if (outcome.status === 'succeeded') {
    await moveOrder(tx, { id, from, to: 'paid', at });
    after.publish(orderPaid, id, { ...facts, status: 'paid' });
  } else if (outcome.status === 'canceled' && cancelReason) {
    await cancelOrder(tx, after, { order, reason: cancelReason, at });
  } else if (outcome.status === 'failed' || outcome.status === 'canceled') {
    const code = outcome.status === 'failed' ? outcome.code : 'canceled';
    await moveOrder(tx, { id, from, to: 'payment_failed', at, reason: code });
    after.publish(orderPaymentFailed, id, { ...facts, status: 'payment_failed', failure_code: code });
  } else if (outcome.status === 'requires_action') {
    await updateRows(tx, Order, { id }, { waitingSince: at });
  }
}
