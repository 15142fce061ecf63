import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { Order, OrderLine, type OrderStatus } from '../../../src/entities/orders.entity.ts';
import { insertRows } from '../../../src/mysql/rows.ts';

/** An order as it would stand there, had it been placed then. */
export type Placed = Readonly<{
  user: number;
  at?: Date;
  status?: OrderStatus;
  totalMinor?: number;
  currency?: string;
  title?: string;
}>;

/** Stores orders of one line each, as they would stand there, and returns their ids. */
export async function storeOrders(em: EntityManager, placed: readonly Placed[]): Promise<string[]> {
  const orders = placed.map(
    ({ user, at = new Date(), status = 'paid', totalMinor = 100, currency = 'USD', title }) => ({
      order: { id: idAt(at), user, status, totalMinor, refundedMinor: 0, currency, createdAt: at },
      title: title ?? 'A thing',
    }),
  );
  await insertRows(
    em,
    Order,
    orders.map(({ order }) => order),
  );
  await insertRows(
    em,
    OrderLine,
    orders.map(({ order: { id, totalMinor }, title }) => {
      const line = { position: 0, productId: 1, title, quantity: 1, held: 0 };
      return { order: id, ...line, unitPriceMinor: totalMinor, lineTotalMinor: totalMinor };
    }),
  );
  return orders.map(({ order }) => order.id);
}

/** An id as it is minted at this moment. */
function idAt(at: Date): string {
  const digits = at.getTime().toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}${randomUUIDv7().slice(13)}`;
}
