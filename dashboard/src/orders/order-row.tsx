import { pathOf } from '../frame/address.ts';
import { formatMoney } from './money.ts';
import { isUnderWay, OrderDeeds } from './order-deeds.tsx';
import { OrderTimeline } from './order-timeline.tsx';
import { formatTime } from '../prices/quote.ts';
import type { Order } from './use-orders.ts';
import type { User } from '../api/use-session.ts';

type Shown = Readonly<{ order: Order; viewer: User; isOpen: boolean; onToggle(): void; onChange(): Promise<void> }>;

/** An order: what it is, and, once opened, its history and what can be done with it now. */
export function OrderRow({ order, viewer, isOpen, onToggle, onChange }: Shown) {
  const titles = order.items.map(({ title, quantity }) => (quantity > 1 ? `${quantity} × ${title}` : title));
  const isAnothers = order.user_id !== viewer.id;
  const why = whyOf(order);
  return (
    <li class="order" data-order={order.id} data-status={order.status}>
      <span class="status" key={order.status}>
        {wordsFor(order.status)}
      </span>
      <span class="titles">{titles.join(', ')}</span>
      <span class="total">{formatMoney(order.total_amount, order.currency)}</span>
      <a href={pathOf('orders', order.id)} aria-label={`The order of ${formatTime(order.created_at)}`}>
        <time dateTime={order.created_at}>{formatTime(order.created_at)}</time>
      </a>
      <button
        type="button"
        class="quiet more"
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Less' : 'More'} about the order of ${formatTime(order.created_at)}`}
        onClick={onToggle}
      >
        {isOpen ? 'Less' : 'More'}
      </button>
      {isAnothers && <span class="whose">user {order.user_id}</span>}
      {why && <span class="why">{why}</span>}
      {isOpen && (
        <div class="opened">
          <OrderDeeds order={order} mayRefund={viewer.role === 'admin'} onChange={onChange} />
          <OrderTimeline id={order.id} status={order.status} onChange={() => void onChange()} />
        </div>
      )}
    </li>
  );
}

/** What the status alone does not say. */
export function whyOf({ status, payment, refunds }: Order): string | undefined {
  if (status === 'payment_failed') return payment?.failure_detail ?? undefined;
  if (payment?.status === 'unknown') return 'The gateway has not said whether it was charged; it is being asked.';
  if (payment?.status === 'requires_action') return 'It waits for its buyer to confirm the payment.';
  if (refunds.some(isUnderWay)) return 'A refund is under way.';
  const last = refunds.at(-1);
  return last?.status === 'failed'
    ? `The last refund failed${last.failure_code ? `: ${last.failure_code}` : ''}.`
    : undefined;
}

/** A status for people. */
export function wordsFor(status: Order['status']): string {
  return status.replaceAll('_', ' ');
}
