import type { EntityManager } from '@mikro-orm/mysql';
import { Order } from '../entities/orders.entity.ts';
import { Refund } from '../entities/payments.entity.ts';
import { GiveUp } from '../errors.ts';
import { selectBoth, selectionOf } from '../mysql/rows.ts';
import type { OrderRow, RefundRow } from '../orders/order.ts';
import type { Seen } from './begin-charge.ts';

/** Which refund, of which order, and when somebody has to do with it. */
export type Which = Readonly<{ orderId: string; refundId: string; at: Date }>;
/** Orders and refunds by their ids. */
export type RefundRows = Readonly<{ orders: Map<string, Seen<OrderRow>>; refunds: Map<string, Seen<RefundRow>> }>;

/**
 * Locks refunds, and before them their orders, as whatever moves these does: each in the order of its ids, so that nobody waits
 * in a circle. There must be one.
 */
export async function lockRefunds(tx: EntityManager, which: readonly Which[]): Promise<RefundRows> {
  const orderIds = new Set(which.map(({ orderId }) => orderId));
  const refundIds = new Set(which.map(({ refundId }) => refundId));
  const [orders, refunds] = await selectBoth(
    tx,
    selectionOf(tx, Order, { property: 'id', values: [...orderIds], lock: true }),
    selectionOf(tx, Refund, { property: 'id', values: [...refundIds], lock: true }),
  );
  return { orders: seenById(orders), refunds: seenById(refunds) };
}

/** A refund that must be there and be of the order, and both as they are by now. @throws GiveUp when it is not. */
export function knownRefund(
  { orders, refunds }: RefundRows,
  { orderId, refundId }: Which,
): Readonly<{ order: OrderRow; refund: RefundRow }> {
  const order = orders.get(orderId)?.now;
  if (!order) throw new GiveUp(`there is no order ${orderId}`);
  const refund = refunds.get(refundId)?.now;
  if (refund?.order !== orderId) throw new GiveUp(`order ${orderId} has no refund ${refundId}`);
  return { order, refund };
}

/** Keeps what is to be written of a row, for those that come after. */
export function nowIs<Row extends Readonly<{ id: string }>>(rows: Map<string, Seen<Row>>, now: Row): void {
  rows.set(now.id, { known: rows.get(now.id)?.known ?? now, now });
}

function seenById<Row extends Readonly<{ id: string }>>(rows: readonly Row[]): Map<string, Seen<Row>> {
  return new Map(rows.map((row) => [row.id, { known: row, now: row }]));
}
