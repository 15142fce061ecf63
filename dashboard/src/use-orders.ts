import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from '@hono/zod-openapi';
import type { OrderView } from '../../src/api/order-view.ts';
import { ask } from './ask-api.ts';
import { followStream, type LiveState, type StreamEvent } from './follow-stream.ts';
import { type Tally, useTally } from './use-tally.ts';

/** An order as the API shows it. */
export type Order = z.output<typeof OrderView>;

/** One's own orders, newest first; `undefined` while they are being read. */
export type Orders = Readonly<{
  orders: readonly Order[] | undefined;
  state: LiveState;
  tally: Tally;
  /** Places the demo order: one of product 1, one of product 2. */
  place(): Promise<void>;
}>;

const types = ['created', 'updated', 'paid', 'payment_failed', 'payment_retried', 'cancelled', 'refunded'].map(
  (what) => `order.${what}`,
);
const shown = 20;

/** Keeps the orders of whoever is logged in current. */
export function useOrders(): Orders {
  const [orders, setOrders] = useState<readonly Order[]>();
  const [state, setState] = useState<LiveState>('connecting');
  const { tally, note } = useTally();
  // Ids begin with the time: what is greater than the newest of the first read has been placed since.
  const newestAtStart = useRef<string>(undefined);

  useEffect(() => {
    // One read after the other: what is shown last was read last, whatever order answers come in.
    let reads = Promise.resolve();
    const read = (step: () => Promise<void>) => {
      reads = reads.then(step).catch(() => {});
    };
    const onEvent = (event: StreamEvent) => {
      const start = newestAtStart.current;
      note(event, start !== undefined && event.subject > start);
      read(async () => {
        const order = await ask<Order>('GET', `/orders/${event.subject}`);
        setOrders((old = []) => withOrder(old, order));
      });
    };
    const onReset = () =>
      read(async () => {
        const { data } = await ask<{ data: Order[] }>('GET', `/orders?limit=${shown}`);
        newestAtStart.current ??= data[0]?.id ?? '';
        setOrders(data);
      });
    return followStream('/streams/orders', types, { onEvent, onReset, onState: setState });
  }, []);

  return {
    orders,
    state,
    tally,
    async place() {
      const order = await ask<Order>('POST', '/orders', { products: [1, 2] });
      // An order can be paid before its answer is here; the answer is then the older news.
      setOrders((old = []) => (old.some(({ id }) => id === order.id) ? old : withOrder(old, order)));
    },
  };
}

function withOrder(orders: readonly Order[], order: Order): readonly Order[] {
  const others = orders.filter(({ id }) => id !== order.id);
  return [order, ...others].toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, shown);
}
