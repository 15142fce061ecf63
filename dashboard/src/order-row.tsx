import { useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { OrderTimeline } from './order-timeline.tsx';
import { formatTime } from './quote.ts';
import { settings } from './settings.ts';
import type { Order } from './use-orders.ts';

type Shown = Readonly<{ order: Order; mayRefund: boolean }>;
type Deed = Readonly<{ name: string; path: string; body?: object }>;

/** An order: what it is, and, once opened, its history and what can be done with it now. */
export function OrderRow({ order, mayRefund }: Shown) {
  const [isOpen, setIsOpen] = useState(false);
  const titles = order.items.map(({ title, quantity }) => (quantity > 1 ? `${quantity} × ${title}` : title));
  return (
    <li class="order" data-order={order.id} data-status={order.status}>
      <span class="status" key={order.status}>
        {wordsFor(order.status)}
      </span>
      <span class="titles">{titles.join(', ')}</span>
      <span class="total">{formatMoney(order)}</span>
      <time dateTime={order.created_at}>{formatTime(order.created_at)}</time>
      <button
        type="button"
        class="quiet more"
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Less' : 'More'} about the order of ${formatTime(order.created_at)}`}
        onClick={() => setIsOpen(!isOpen)}
      >
        {isOpen ? 'Less' : 'More'}
      </button>
      {order.status === 'payment_failed' && <span class="why">{order.payment?.failure_detail}</span>}
      {isOpen && (
        <div class="opened">
          <Deeds order={order} mayRefund={mayRefund} />
          <OrderTimeline id={order.id} status={`${order.status} ${order.payment?.id}`} />
        </div>
      )}
    </li>
  );
}

/** What may be done with an order as it is; the stream tells what became of it. */
function Deeds({ order, mayRefund }: Shown) {
  const [said, setSaid] = useState('');
  const deeds = deedsOf(order, mayRefund);
  const act = ({ path, body = {} }: Deed) =>
    ask('POST', `/orders/${order.id}/${path}`, body).then(
      () => setSaid(''),
      (error: Error) => setSaid(error.message),
    );
  return (
    <>
      {deeds.length > 0 && (
        <p class="deeds">
          {deeds.map((deed) => (
            <button key={deed.name} type="button" onClick={() => void act(deed)}>
              {deed.name}
            </button>
          ))}
        </p>
      )}
      <p role="alert">{said}</p>
    </>
  );
}

function deedsOf({ status, payment }: Order, mayRefund: boolean): Deed[] {
  const isUnpaid = status === 'payment_failed' || (status === 'pending' && payment === null);
  const isPaid = status === 'paid' || status === 'partially_refunded';
  return [
    // The page has no form for cards; in the demo every customer has the same one.
    ...(isUnpaid && settings.isDemo ? [{ name: 'Pay', path: 'pay', body: { payment_method: 'pm_card_visa' } }] : []),
    ...(isUnpaid ? [{ name: 'Cancel', path: 'cancel' }] : []),
    ...(isPaid && mayRefund ? [{ name: 'Refund', path: 'refund' }] : []),
  ];
}

/** A status for people. */
export function wordsFor(status: Order['status']): string {
  return status.replaceAll('_', ' ');
}

/** What an order costs, in its own currency. */
export function formatMoney({ total_amount, currency }: Order): string {
  return new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(total_amount);
}
