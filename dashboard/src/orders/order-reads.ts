import { ask } from '../api/ask-api.ts';
import type { Order } from './use-orders.ts';
import { onFair } from '../api/weather.ts';

/** Who is given what has been read: `all` is the list anew, `one` an order as it is now. */
type Reader = Readonly<{ all(orders: readonly Order[]): void; one(order: Order): void; opened(): Iterable<string> }>;

/** Reads orders one after the other, so that what is shown last was read last, whatever order answers come in. */
export type OrderReads = Readonly<{ readAll(): void; readOne(id: string): Promise<void>; close(): void }>;

/** How many orders the list shows. */
export const mostShown = 20;
// Where more than that have changed, the list is read as quickly.
const mostSingly = 5;

/** Opens it. What could not be read is read when the weather is fair again. */
export function openOrderReads({ all, one, opened }: Reader): OrderReads {
  const due = new Set<string>();
  let isAllDue = false;
  let isReading = false;
  let reading = Promise.resolve();
  const step = async () => {
    const [id = ''] = due;
    if (!isAllDue && due.size <= mostSingly) {
      due.delete(id);
      return one(await ask<Order>('GET', `/orders/${id}`));
    }
    isAllDue = false;
    due.clear();
    const { data } = await ask<{ data: Order[] }>('GET', `/orders?limit=${mostShown}`);
    all(data);
    const listed = new Set(data.map((order) => order.id));
    for (const some of opened()) if (!listed.has(some)) due.add(some);
  };
  const readDue = async () => {
    isReading = true;
    try {
      while (isAllDue || due.size > 0) await step();
    } catch {
      isAllDue = true;
    }
    isReading = false;
  };
  const work = () => {
    if (!isReading) reading = readDue();
    return reading;
  };
  return {
    readAll() {
      isAllDue = true;
      void work();
    },
    readOne(id) {
      due.add(id);
      return work();
    },
    close: onFair(() => void work()),
  };
}
