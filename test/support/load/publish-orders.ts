import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/mysql';
import { openTransaction } from '../../../src/outbox/transaction.ts';
import { orderPaid } from '../../../src/streams/orders.stream.ts';
import { deafRelay } from '../stores/open-outbox.ts';

const atOnce = 250;

/**
 * Commits events of a user's orders, in turn of so many orders, as a process does that dies before it announces them. Returns the orders'
 * ids; each has the same number of events.
 */
export async function publishOrders(
  orm: MikroORM,
  { events, orders, userId }: Readonly<{ events: number; orders: number; userId: number }>,
): Promise<readonly string[]> {
  const subjects = Array.from({ length: orders }, () => randomUUID());
  const transaction = openTransaction(orm, deafRelay, () => new Date());
  for (let from = 0; from < events; from += atOnce)
    await transaction(async (_tx, after) => {
      for (let index = from; index < Math.min(from + atOnce, events); index += 1) {
        const subject = subjects[index % orders] ?? '';
        const about = { order_id: subject, user_id: userId, total_amount: 100, currency: 'USD' };
        after.publish(orderPaid, subject, { ...about, status: 'paid', payment_id: randomUUID() });
      }
    });
  return subjects;
}
