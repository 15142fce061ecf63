import { useState } from 'preact/hooks';
import { Counted } from './counted.tsx';
import { formatMoney, OrderRow, wordsFor } from './order-row.tsx';
import { useOrders } from './use-orders.ts';
import type { User } from './use-session.ts';

/** One's own orders as they happen, and a button that places one. */
export function OrderFeed({ user }: Readonly<{ user: User }>) {
  const { orders, state, tally, place } = useOrders();
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
      <Counted tally={tally} />
      <p role="alert">{refusal}</p>
      <p role="status" class="hidden">
        {last && `Newest order: ${wordsFor(last.status)}, ${formatMoney(last)}.`}
      </p>
      {orders === undefined && <p class="empty">Reading your orders.</p>}
      {orders?.length === 0 && <p class="empty">No orders yet. Place one: it is paid before you have read this.</p>}
      <ol>
        {orders?.map((order) => (
          <OrderRow key={order.id} order={order} mayRefund={user.role === 'admin'} />
        ))}
      </ol>
    </section>
  );
}
