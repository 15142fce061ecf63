import type { EntityManager } from '@mikro-orm/mysql';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderCancelled } from '../streams/orders.stream.ts';
import { type OrderRow, orderFacts } from './order.ts';
import { giveBackStock } from './stock.ts';
import { moveOrder } from './transitions.ts';

/** Why an order was cancelled. */
export const cancelReasons = ['requested', 'expired'] as const;
export type CancelReason = (typeof cancelReasons)[number];

/**
 * Cancels an order that is locked and has no live payment: the move, the stock given back, the event, all in the
 * caller's transaction. The guarded move lets it happen once.
 */
export async function cancelOrder(
  tx: EntityManager,
  after: AfterCommit,
  { order, reason, at }: Readonly<{ order: OrderRow; reason: CancelReason; at: Date }>,
): Promise<void> {
  await moveOrder(tx, { id: order.id, from: order.status, to: 'cancelled', at, reason });
  await giveBackStock(tx, order.id);
  after.publish(orderCancelled, order.id, { ...orderFacts(order), status: 'cancelled', reason });
}
