import { type EntityManager, type InferEntity, LockMode } from '@mikro-orm/mysql';
import { Order } from '../entities/order.entity.ts';
import { Payment } from '../entities/payment.entity.ts';
import { GiveUp } from '../errors.ts';

/** An order's row. */
export type OrderRow = InferEntity<typeof Order>;
/** A payment's row. */
export type PaymentRow = InferEntity<typeof Payment>;

/**
 * Locks an order until the transaction ends: whatever concerns it and its payments happens one after the other, and
 * always in this order of locks, order first. With `userId`, only when it is theirs.
 */
export async function lockOrder(tx: EntityManager, id: string, userId?: number): Promise<OrderRow | undefined> {
  const where = { id, ...(userId === undefined ? {} : { user: userId }) };
  const order = await tx.findOne(Order, where, { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true });
  return order ?? undefined;
}

/** Locks an order that must be there. @throws GiveUp when it is not. */
export async function lockKnownOrder(tx: EntityManager, id: string): Promise<OrderRow> {
  const order = await lockOrder(tx, id);
  if (!order) throw new GiveUp(`there is no order ${id}`);
  return order;
}

/** The one payment of an order that is neither failed nor canceled, if there is one. Lock the order first. */
export async function livePaymentOf(tx: EntityManager, orderId: string): Promise<PaymentRow | undefined> {
  return (await tx.findOne(Payment, { liveOrderId: orderId }, { disableIdentityMap: true })) ?? undefined;
}

/** Whether the gateway has been asked to charge the payment, or may be at this moment, and has not given its last word. */
export function isUnderWay({ status, chargingAt }: PaymentRow): boolean {
  if (status === 'requires_action' || status === 'unknown') return true;
  return status === 'processing' && chargingAt !== null && chargingAt !== undefined;
}
