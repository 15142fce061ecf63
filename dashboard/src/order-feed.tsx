import { useState } from 'preact/hooks';
import { formatTime } from './quote.ts';
import { type Order, useOrders } from './use-orders.ts';
import type { User } from './use-session.ts';

/** One's own orders as they happen, and a button that places one. */
export function OrderFeed({ user }: Readonly<{ user: User }>) {
  const { orders, state, place } = useOrders();
  const [refusal, setRefusal] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const placeOne = async () => {
    setIsBusy(true);
    setRefusal('');
    await place().catch((error: Error) => setRefusal(error.message));
    setIsBusy(false);
  };
  const [last] = orders ?? [];
  return (
    <section class="orders" aria-labelledby="orders">
      <div class="heading">
        <h2 id="orders">Orders</h2>
        <button type="button" class="main" disabled={isBusy} onClick={() => void placeOne()}>
          {isBusy ? 'Placing' : 'Place an order'}
        </button>
      </div>
      <p class="faint">
        {user.name || user.email}
        {state === 'waiting' && ' · reconnecting'}
      </p>
      <p role="alert">{refusal}</p>
      <p role="status" class="hidden">
        {last && `Newest order: ${wordsFor(last.status)}, ${formatMoney(last)}.`}
      </p>
      {orders === undefined && <p class="empty">Reading your orders.</p>}
      {orders?.length === 0 && <p class="empty">No orders yet. Place one: it is paid before you have read this.</p>}
      <ol>
        {orders?.map((order) => (
          <OrderRow key={order.id} order={order} />
        ))}
      </ol>
    </section>
  );
}

function OrderRow({ order }: Readonly<{ order: Order }>) {
  const titles = order.items.map(({ title, quantity }) => (quantity > 1 ? `${quantity} × ${title}` : title));
  return (
    <li class="order" data-order={order.id} data-status={order.status}>
      <span class="status" key={order.status}>
        {wordsFor(order.status)}
      </span>
      <span class="titles">{titles.join(', ')}</span>
      <span class="total">{formatMoney(order)}</span>
      <time dateTime={order.created_at}>{formatTime(order.created_at)}</time>
      {order.status === 'payment_failed' && <span class="why">{order.payment?.failure_detail}</span>}
    </li>
  );
}

function wordsFor(status: Order['status']): string {
  return status.replaceAll('_', ' ');
}

function formatMoney({ total_amount, currency }: Order): string {
  return new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(total_amount);
}
