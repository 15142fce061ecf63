import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Order } from '../entities/orders.entity.ts';
import { Payment, type Refund } from '../entities/payments.entity.ts';
import { GiveUp } from '../errors.ts';
import { selectRow } from '../mysql/rows.ts';
import { toMajor } from '../money/money.ts';

/** An order's row. */
export type OrderRow = InferEntity<typeof Order>;
/** A payment's row. */
export type PaymentRow = InferEntity<typeof Payment>;
/** A refund's row. */
export type RefundRow = InferEntity<typeof Refund>;

/**
 * Locks an order until the transaction ends: whatever moves it, its payments or its refunds locks it first, and so happens
 * one after the other. Beginning a charge and reviewing lock payments alone, and ask for no order afterwards, so that nobody
 * waits in a circle. With `userId`, only when it is theirs.
 */
export async function lockOrder(tx: EntityManager, id: string, userId?: number): Promise<OrderRow | undefined> {
  const where = { id, ...(userId === undefined ? {} : { user: userId }) };
  return selectRow(tx, Order, where, { lock: true });
}

/** Locks an order that must be there. @throws GiveUp when it is not. */
export async function lockKnownOrder(tx: EntityManager, id: string): Promise<OrderRow> {
  const order = await lockOrder(tx, id);
  if (!order) throw new GiveUp(`there is no order ${id}`);
  return order;
}

/** A payment that must be there and be of the order. @throws GiveUp when it is not. */
export async function knownPayment(
  tx: EntityManager,
  { orderId, paymentId }: Readonly<{ orderId: string; paymentId: string }>,
  { lock = false } = {},
): Promise<PaymentRow> {
  const payment = await selectRow(tx, Payment, { id: paymentId, order: orderId }, { lock });
  if (!payment) throw new GiveUp(`order ${orderId} has no payment ${paymentId}`);
  return payment;
}

/** The one payment of an order that is neither failed nor canceled, if there is one. Lock the order first. */
export async function livePaymentOf(
  tx: EntityManager,
  orderId: string,
  { lock = false } = {},
): Promise<PaymentRow | undefined> {
  return selectRow(tx, Payment, { liveOrderId: orderId }, { lock });
}

/** Whether the gateway has been asked to charge the payment, or may be at this moment, and has not given its last word. */
export function isUnderWay({ status, chargingAt }: PaymentRow): boolean {
  if (status === 'requires_action' || status === 'unknown') return true;
  return status === 'processing' && chargingAt !== null && chargingAt !== undefined;
}

/** What every event about an order says of it. */
export function orderFacts(order: Pick<InferEntity<typeof Order>, 'id' | 'user' | 'totalMinor' | 'currency'>) {
  return {
    order_id: order.id,
    user_id: order.user,
    total_amount: toMajor(order.totalMinor, order.currency),
    currency: order.currency,
  };
}
