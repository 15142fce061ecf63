import { useEffect, useState } from 'preact/hooks';
import { Counted } from '../parts/counted.tsx';
import type { LiveState } from '../api/follow-stream.ts';
import { formatMoney } from './money.ts';
import { OrderRow, wordsFor } from './order-row.tsx';
import { useDeed } from '../api/use-deed.ts';
import { useOrders } from './use-orders.ts';
import type { User } from '../api/use-session.ts';

type Shown = Readonly<{ user: User; onState(state: LiveState | undefined): void }>;

/** One's own orders as they happen, everybody's for administrators, and a button that places one. */
export function OrderFeed({ user, onState }: Shown) {
  const isAdmin = user.role === 'admin';
  const { orders, state, tally, opened, toggle, refresh, place } = useOrders(isAdmin);
  useEffect(() => onState(state), [state]);
  useEffect(() => () => onState(undefined), []);
  const [said, setSaid] = useState('');
  const placing = useDeed();
  const placeOne = async () => {
    setSaid('');
    if (await place()) setSaid('It had been placed already: only the answer to your first click was lost.');
  };
  const [last] = orders ?? [];
  return (
    <section class="orders" aria-labelledby="orders">
      <div class="heading">
        <h2 id="orders">{isAdmin ? 'All orders' : 'Orders'}</h2>
        <button type="button" class="main" aria-disabled={placing.isBusy} onClick={() => void placing.run(placeOne)}>
          {placing.isBusy ? 'Placing' : 'Place an order'}
        </button>
      </div>
      <p class="faint">
        {user.name || user.email}
        {state === 'waiting' && ' · reconnecting'}
      </p>
      <Counted tally={tally} />
      <p role="alert">{placing.failure}</p>
      <p role="status" class="faint said">
        {said}
      </p>
      <p role="status" class="hidden">
        {last && `Newest order: ${wordsFor(last.status)}, ${formatMoney(last.total_amount, last.currency)}.`}
      </p>
      {orders === undefined && <p class="empty">Reading the orders.</p>}
      {orders?.length === 0 && <p class="empty">No orders yet. Place one: it is paid before you have read this.</p>}
      <ol>
        {orders?.map((order) => (
          <OrderRow
            key={order.id}
            order={order}
            viewer={user}
            isOpen={opened.has(order.id)}
            onToggle={() => toggle(order.id)}
            onChange={() => refresh(order.id)}
          />
        ))}
      </ol>
    </section>
  );
}
