import { ask } from '../api/ask-api.ts';
import { Refused } from '../api/refused.ts';
import type { Order } from './use-orders.ts';
import { onFair } from '../api/weather.ts';

/** Who is given what has been read: `all` is the list anew, `one` an order as it is now. */
type Reader = Readonly<{ all(orders: readonly Order[]): void; one(order: Order): void; opened(): Iterable<string> }>;

/** As single reads, and the list anew. */
export type OrderReads = SingleReads & Readonly<{ readAll(): void }>;
/** Reads orders one after the other, so that what is shown last was read last, whatever order answers come in. */
export type SingleReads = Readonly<{ readOne(id: string): Promise<void>; close(): void }>;

/** How many orders the list shows. */
export const mostShown = 20;
// Where more than that have changed, the list is read as quickly.
const mostSingly = 5;

/** Opens it for the newest orders. What could not be read is read when the weather is fair again. */
export function openOrderReads({ all, one, opened }: Reader): OrderReads {
  const due = new Set<string>();
  let isAllDue = false;
  const read = async () => {
    if (!isAllDue && due.size <= mostSingly) return one(await readFirst(due));
    isAllDue = false;
    due.clear();
    const { data } = await ask<{ data: Order[] }>('GET', `/orders?limit=${mostShown}`);
    all(data);
    const listed = new Set(data.map((order) => order.id));
    for (const some of opened()) if (!listed.has(some)) due.add(some);
  };
  const step = () =>
    read().catch((error: unknown) => {
      isAllDue = true;
      throw error;
    });
  const { work, close } = openSteps(() => isAllDue || due.size > 0, step);
  return {
    readAll() {
      isAllDue = true;
      void work();
    },
    readOne(id) {
      due.add(id);
      return work();
    },
    close,
  };
}

/** Opens it for a list that keeps its place, however many of its orders change: each is read by itself. */
export function openSingleReads(one: (order: Order) => void): SingleReads {
  const due = new Set<string>();
  const step = async () => {
    const [id = ''] = due;
    try {
      one(await readFirst(due));
    } catch (error) {
      // What is refused for good would be refused again.
      if (error instanceof Refused && !error.isWeather) return;
      due.add(id);
      throw error;
    }
  };
  const { work, close } = openSteps(() => due.size > 0, step);
  return {
    readOne(id) {
      due.add(id);
      return work();
    },
    close,
  };
}

/** Reads the first that is due; what happens to it from then on makes it due anew. */
function readFirst(due: Set<string>): Promise<Order> {
  const [id = ''] = due;
  due.delete(id);
  return ask<Order>('GET', `/orders/${id}`);
}

/** Takes one step after the other as long as there is something due, and goes on in fair weather where one has failed. */
function openSteps(isDue: () => boolean, step: () => Promise<void>) {
  let isUnderWay = false;
  let steps = Promise.resolve();
  const takeSteps = async () => {
    isUnderWay = true;
    try {
      while (isDue()) await step();
    } catch {
      // It is due still.
    }
    isUnderWay = false;
  };
  const work = () => {
    if (!isUnderWay) steps = takeSteps();
    return steps;
  };
  return { work, close: onFair(() => void work()) };
}
