import { useEffect, useRef, useState } from 'preact/hooks';
import { followStream, type LiveState, type StreamEvent } from '../api/follow-stream.ts';
import { orderEvents } from '../api/heard-events.ts';
import { type Pages, usePages } from '../api/use-pages.ts';
import type { User } from '../api/use-session.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import { formatMoment, spanOfDays } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { SaveCsv } from '../parts/save-csv.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { Customer } from './customer.tsx';
import { formatMoney } from './money.ts';
import { everyOrder, isLeftOut, type Narrowed } from './narrowed.ts';
import { OrderFilters } from './order-filters.tsx';
import { openSingleReads, type SingleReads } from './order-reads.ts';
import { wordsFor } from './order-row.tsx';
import { type Order, orderStream } from './use-orders.ts';

type Shown = Readonly<{ user: User; onState(state: LiveState | undefined): void }>;

/** Orders page by page: those on it move as they happen, and new ones are counted until somebody wants to see them. */
export function OrderList({ user, onState }: Shown) {
  const isForAll = user.role === 'admin';
  const [asked, narrow, moves] = useAsked(everyOrder);
  const settled = useSettled(asked);
  const path = queried('/orders', { ...settled, ...spanOfDays(settled) });
  const pages = usePages<Order>(path);
  const { fresh, forget } = useFollowed(isForAll, { pages, asked }, onState);
  // Those that were counted for another list are on this one, or do not belong there.
  useEffect(forget, [path]);
  const again = () => {
    forget();
    pages.again();
  };
  return (
    <section aria-labelledby="orders">
      <div class="heading">
        <h2 id="orders">{isForAll ? 'All orders' : 'Orders'}</h2>
        <SaveCsv name="orders" path={path} />
      </div>
      <OrderFilters key={moves} asked={asked} isForAll={isForAll} onAsk={narrow} />
      <p role="status">
        {fresh > 0 && (
          <button type="button" onClick={again}>
            {fresh} new {fresh === 1 ? 'order' : 'orders'}
          </button>
        )}
      </p>
      <Paged
        label="Orders"
        pages={pages}
        keyOf={({ id }) => id}
        empty="There are no such orders."
        columns={[
          { name: 'Placed', of: ({ id, created_at: at }) => <a href={pathOf('orders', id)}>{formatMoment(at)}</a> },
          { name: 'Status', of: (order) => wordsFor(order.status) },
          ...(isForAll ? [{ name: 'Customer', of: (order: Order) => <Customer id={order.user_id} /> }] : []),
          { name: 'Items', of: ({ items }) => items.map(({ title }) => title).join(', ') },
          { name: 'Total', isFigure: true, of: (order) => formatMoney(order.total_amount, order.currency) },
        ]}
      />
    </section>
  );
}

type Listed = Readonly<{ pages: Pages<Order>; asked: Narrowed }>;

// More than happens to orders while a list is read.
const mostTold = 1_000;

/** Keeps what is listed as it happens, and counts what is not listed yet. */
function useFollowed(isForAll: boolean, now: Listed, onState: Shown['onState']) {
  const { pages } = now;
  const { fresh, count, forget } = useFresh(pages.rows);
  const listed = useRef(now);
  listed.current = now;
  const told = useRef(new Map<string, number>());
  const reads = useRef<SingleReads>(undefined);
  const refresh = (id: string) => {
    if (listed.current.pages.rows?.some((order) => order.id === id)) void reads.current?.readOne(id);
  };
  const isNew = (event: StreamEvent) => {
    const { asked, pages: shown } = listed.current;
    if (shown.rows?.some(({ id }) => id === event.subject)) return false;
    // While another list is on its way, what is shown says nothing of it.
    return !isLeftOut(asked, event, shown.isBusy ? [] : (shown.rows ?? []));
  };
  useEffect(() => {
    const reading = openSingleReads((order) => listed.current.pages.change(({ id }) => id === order.id, order));
    reads.current = reading;
    const onEvent = (event: StreamEvent) => {
      const { type, subject } = event;
      if (type === 'order.created') return isNew(event) ? count(subject) : undefined;
      if (told.current.size >= mostTold) told.current.clear();
      told.current.set(subject, performance.now());
      refresh(subject);
    };
    // What was read before the stream was open, or over a gap in it, is read once more.
    const onReset = () => {
      forget();
      listed.current.pages.refresh();
    };
    const stop = followStream(orderStream(isForAll), orderEvents, { onEvent, onReset, onState });
    return () => {
      stop();
      reading.close();
      onState(undefined);
    };
  }, [isForAll]);
  // What has happened while the list was on its way may be missing in it.
  useEffect(() => {
    const { askedAtMs = 0 } = pages;
    for (const [id, atMs] of told.current) if (atMs >= askedAtMs) refresh(id);
    told.current.clear();
  }, [pages.askedAtMs]);
  return { fresh, forget };
}

/** Counts orders that are not listed yet; those that a list read since then has on it are counted no longer. */
function useFresh(rows: Pages<Order>['rows']) {
  const [fresh, setFresh] = useState(0);
  const counted = useRef(new Set<string>());
  useEffect(() => {
    for (const { id } of rows ?? []) if (counted.current.delete(id)) setFresh((old) => old - 1);
  }, [rows]);
  const count = (id: string) => {
    if (counted.current.has(id)) return;
    if (counted.current.size >= mostTold) counted.current.clear();
    counted.current.add(id);
    setFresh((old) => old + 1);
  };
  const forget = () => {
    counted.current.clear();
    setFresh(0);
  };
  return { fresh, count, forget };
}
