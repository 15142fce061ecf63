import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from '@hono/zod-openapi';
import type { OrderView } from '../../../src/api/orders/order-view.ts';
import { askOnce } from '../api/ask-api.ts';
import { followStream, type LiveState, type StreamEvent } from '../api/follow-stream.ts';
import { orderEvents } from '../api/heard-events.ts';
import { onAttendance } from '../api/seen.ts';
import { mostShown, type OrderReads, openOrderReads } from './order-reads.ts';
import { type Tally, useTally } from '../api/use-tally.ts';

/** An order as the API shows it. */
export type Order = z.output<typeof OrderView>;

/** One's own orders, or everybody's, newest first; `undefined` while they are being read. */
export type Orders = Readonly<{
  orders: readonly Order[] | undefined;
  state: LiveState;
  tally: Tally;
  /** Those that are looked at closely; they stay however many newer ones come. */
  opened: ReadonlySet<string>;
  toggle(id: string): void;
  /** Reads an order again; resolves when that has been tried. */
  refresh(id: string): Promise<void>;
  /** Places the demo order, one of product 1, one of product 2; resolves to whether an earlier click had done so. */
  place(): Promise<boolean>;
}>;

/** The stream of one's own orders, or of everybody's. */
export const orderStream = (isForAll: boolean): string => `/streams/orders${isForAll ? '?all=true' : ''}`;

/**
 * Ids begin with the time: what is greater than the newest of the first read has been placed since. What is followed after nobody has
 * seen the page for a while begins anew.
 */
function useNewestAtStart() {
  const newest = useRef<string>(undefined);
  useEffect(() => onAttendance(() => (newest.current = undefined)), []);
  return newest;
}

/** Keeps the orders of whoever is logged in current, or, for administrators, everybody's. */
export function useOrders(isForAll: boolean): Orders {
  const [orders, setOrders] = useState<readonly Order[]>();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [state, setState] = useState<LiveState>('connecting');
  const { tally, note } = useTally();
  const newestAtStart = useNewestAtStart();
  const reads = useRef<OrderReads>(undefined);
  const openedNow = useRef(opened);
  openedNow.current = opened;
  const put = (some: readonly Order[]) => setOrders((old = []) => withOrders(old, some, openedNow.current));

  useEffect(() => {
    const reading = openOrderReads({
      all(data) {
        newestAtStart.current ??= data[0]?.id ?? '';
        setOrders((old = []) => withOrders(old.filter(isOpened), data, openedNow.current));
      },
      one: (order) => put([order]),
      opened: () => openedNow.current,
    });
    const isOpened = ({ id }: Order) => openedNow.current.has(id);
    reads.current = reading;
    const onEvent = (event: StreamEvent) => {
      const start = newestAtStart.current;
      note(event, start !== undefined && event.subject > start);
      void reading.readOne(event.subject);
    };
    const listener = { onEvent, onReset: reading.readAll, onState: setState };
    const stop = followStream(orderStream(isForAll), orderEvents, listener);
    return () => {
      stop();
      reading.close();
    };
  }, [isForAll]);

  return {
    orders,
    state,
    tally,
    opened,
    toggle: (id) => setOpened((old) => (old.has(id) ? without(old, id) : new Set([...old, id]))),
    refresh: async (id) => reads.current?.readOne(id),
    async place() {
      const { answer, wasLost } = await askOnce<Order>('/orders', { products: [1, 2] });
      // An order can be paid before its answer is here; the answer is then the older news.
      setOrders((old = []) =>
        old.some(({ id }) => id === answer.id) ? old : withOrders(old, [answer], openedNow.current),
      );
      return wasLost;
    },
  };
}

/** The newest of both, and those that are looked at; of one order what `some` says. */
function withOrders(old: readonly Order[], some: readonly Order[], opened: ReadonlySet<string>): readonly Order[] {
  const orders = new Map([...old, ...some].map((order) => [order.id, order]));
  const newestFirst = [...orders.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return newestFirst.filter(({ id }, index) => index < mostShown || opened.has(id));
}

function without(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...set].filter((some) => some !== id));
}
