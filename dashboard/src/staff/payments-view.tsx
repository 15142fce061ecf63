import { usePages } from '../api/use-pages.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import { formatMoney } from '../orders/money.ts';
import { type Payment, reconciledOf } from '../orders/payment.ts';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import type { Column } from '../parts/table.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { uuid } from '../parts/uuid.ts';
import { OrderAndStatus } from './order-and-status.tsx';

const statuses = ['processing', 'succeeded', 'failed', 'requires_action', 'unknown', 'canceled'] as const;

/** Every try to pay, newest first; one that is `unknown` is still being found out about. */
export function PaymentsView() {
  const [asked, narrow] = useAsked({ status: '', order: '' });
  const named = useSettled(asked.order.toLowerCase());
  // What is no whole id yet is no question.
  const pages = usePages<Payment>(
    queried('/payments', { status: asked.status, order_id: uuid.test(named) ? named : '' }),
  );
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="payments">
        <h2 id="payments">Payments</h2>
        <OrderAndStatus asked={asked} statuses={statuses} onAsk={narrow} onAgain={pages.again} />
        <Paged
          label="Payments"
          pages={pages}
          keyOf={({ id }) => id}
          empty="There are no such payments."
          columns={columns}
        />
      </section>
    </main>
  );
}

const columns: readonly Column<Payment>[] = [
  {
    name: 'When',
    of: ({ order_id: order, created_at: at }) => <a href={pathOf('orders', order)}>{formatMoment(at)}</a>,
  },
  { name: 'Status', of: (payment) => payment.status.replaceAll('_', ' ') },
  { name: 'Reconciliation', of: (payment) => reconciledOf(payment) },
  { name: 'Method', isId: true, of: ({ method }) => method },
  { name: 'Amount', isFigure: true, of: ({ amount, currency }) => formatMoney(amount, currency) },
  {
    name: 'At the gateway',
    isId: true,
    of: ({ gateway, gateway_reference: id }) => `${gateway} ${id ?? ''}`,
  },
  { name: 'Why', of: ({ failure_detail: why }) => why ?? '' },
];
