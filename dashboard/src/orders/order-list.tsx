import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { followStream, type LiveState } from '../api/follow-stream.ts';
import { usePages } from '../api/use-pages.ts';
import type { User } from '../api/use-session.ts';
import { pathOf } from '../frame/address.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { formatMoney } from './money.ts';
import { wordsFor } from './order-row.tsx';
import { type Order, orderEvents, orderStream } from './use-orders.ts';

type Shown = Readonly<{ user: User; onState(state: LiveState | undefined): void }>;

const statuses = ['pending', 'payment_failed', 'paid', 'partially_refunded', 'refunded', 'cancelled'] as const;

/** Orders page by page: those on it move as they happen, and new ones are counted until somebody wants to see them. */
export function OrderList({ user, onState }: Shown) {
  const isForAll = user.role === 'admin';
  const [status, setStatus] = useState('');
  const pages = usePages<Order>(`/orders?limit=20${status && `&status=${status}`}`);
  const [fresh, setFresh] = useState(0);
  const listed = useRef(pages);
  listed.current = pages;
  useEffect(() => {
    const onEvent = ({ type, subject }: Readonly<{ type: string; subject: string }>) => {
      const isIt = ({ id }: Order) => id === subject;
      if (type === 'order.created') return setFresh((count) => count + 1);
      if (!listed.current.rows?.some(isIt)) return;
      // What cannot be read now is read again with the list.
      ask<Order>('GET', `/orders/${subject}`).then(
        (order) => listed.current.change(isIt, order),
        () => {},
      );
    };
    const stop = followStream(orderStream(isForAll), orderEvents, { onEvent, onReset: () => {}, onState });
    return () => {
      stop();
      onState(undefined);
    };
  }, [isForAll]);
  const again = () => {
    setFresh(0);
    pages.again();
  };
  return (
    <section aria-labelledby="orders">
      <div class="heading">
        <h2 id="orders">{isForAll ? 'All orders' : 'Orders'}</h2>
        <label class="inline">
          Status
          <select value={status} onChange={({ currentTarget }) => setStatus(currentTarget.value)}>
            <option value="">any</option>
            {statuses.map((some) => (
              <option key={some} value={some}>
                {wordsFor(some)}
              </option>
            ))}
          </select>
        </label>
      </div>
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
          ...(isForAll ? [{ name: 'Customer', of: (order: Order) => `user ${order.user_id}` }] : []),
          { name: 'Items', of: ({ items }) => items.map(({ title }) => title).join(', ') },
          { name: 'Total', isFigure: true, of: (order) => formatMoney(order.total_amount, order.currency) },
        ]}
      />
    </section>
  );
}
