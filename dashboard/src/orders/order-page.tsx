import type { User } from '../api/use-session.ts';
import { useReading } from '../api/use-reading.ts';
import { isOperator } from '../frame/views.ts';
import { formatMoment } from '../parts/moment.ts';
import { Table } from '../parts/table.tsx';
import { Customer } from './customer.tsx';
import { formatMoney } from './money.ts';
import { OrderDeeds } from './order-deeds.tsx';
import { OrderJobs } from './order-jobs.tsx';
import { OrderPayments } from './order-payments.tsx';
import { whyOf, wordsFor } from './order-row.tsx';
import { OrderTimeline } from './order-timeline.tsx';
import type { Order } from './use-orders.ts';

// What happens to it is in its history, which is looked at more often, and tells.
const everyMs = 10_000;

/** Everything about one order: what it is, its money, its story and its jobs, and what can be done with it now. */
export function OrderPage({ id, user }: Readonly<{ id: string; user: User }>) {
  const { value: order, failure, read } = useReading<Order>(`/orders/${encodeURIComponent(id)}`, everyMs);
  if (!order)
    return (
      <>
        <p role="alert">{failure?.status === 404 ? 'You have no such order.' : failure?.message}</p>
        {!failure && <p class="empty">Reading the order.</p>}
      </>
    );
  return (
    <article class="order-page" data-order={order.id} data-status={order.status} aria-labelledby="order">
      <OrderHead order={order} user={user} />
      <p role="alert">{failure?.message}</p>
      <section aria-label="What can be done" class="no-print">
        <OrderDeeds order={order} mayRefund={user.role === 'admin'} isOpen onChange={read} />
      </section>
      <OrderLines order={order} />
      <OrderPayments order={order} />
      <section aria-labelledby="history" class="no-print">
        <h2 id="history">History</h2>
        <OrderTimeline id={order.id} status={order.status} onChange={() => void read()} />
      </section>
      <div class="no-print">{isOperator(user) && <OrderJobs id={order.id} />}</div>
    </article>
  );
}

function OrderHead({ order, user }: Readonly<{ order: Order; user: User }>) {
  const why = whyOf(order);
  return (
    <header>
      <p class="receipt">Receipt of Orderflow</p>
      <h2 id="order">
        {formatMoney(order.total_amount, order.currency)} · <span class="status">{wordsFor(order.status)}</span>
      </h2>
      {why && <p class="why">{why}</p>}
      <dl class="facts">
        <div>
          <dt>Order</dt>
          <dd>
            <code>{order.id}</code>
          </dd>
        </div>
        <div>
          <dt>Placed</dt>
          <dd>
            <time dateTime={order.created_at}>{formatMoment(order.created_at)}</time>
          </dd>
        </div>
        {order.paid_at && (
          <div>
            <dt>Paid</dt>
            <dd>
              <time dateTime={order.paid_at}>{formatMoment(order.paid_at)}</time>
            </dd>
          </div>
        )}
        {order.refunded_amount > 0 && (
          <div>
            <dt>Given back</dt>
            <dd>{formatMoney(order.refunded_amount, order.currency)}</dd>
          </div>
        )}
        <div>
          <dt>Customer</dt>
          <dd>{order.user_id === user.id ? user.name || user.email : <Customer id={order.user_id} />}</dd>
        </div>
      </dl>
      <p class="deeds no-print">
        <button type="button" onClick={() => print()}>
          Print a receipt
        </button>
      </p>
    </header>
  );
}

function OrderLines({ order: { items, currency, total_amount: total, fx_rate: rate } }: Readonly<{ order: Order }>) {
  const money = (amount: number) => formatMoney(amount, currency);
  return (
    <section aria-labelledby="items">
      <h2 id="items">Items</h2>
      <Table
        label="Items"
        rows={items}
        keyOf={({ product_id: id }) => id}
        empty="It has no items."
        columns={[
          { name: 'Product', of: ({ title }) => title },
          { name: 'Quantity', isFigure: true, of: ({ quantity }) => quantity },
          { name: 'Each', isFigure: true, of: ({ unit_price: price }) => money(price) },
          { name: 'Sum', isFigure: true, of: ({ line_total: sum }) => money(sum) },
        ]}
      />
      <p class="sum">
        Total {money(total)}
        {rate !== null && <span class="faint"> · converted at {rate}</span>}
      </p>
    </section>
  );
}
