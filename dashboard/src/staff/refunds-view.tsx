import type { z } from '@hono/zod-openapi';
import type { RefundView } from '../../../src/api/payments/refunds.routes.ts';
import { usePages } from '../api/use-pages.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import { formatMoney } from '../orders/money.ts';
import { reconciledOf } from '../orders/payment.ts';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { SaveCsv } from '../parts/save-csv.tsx';
import type { Column } from '../parts/table.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { uuid } from '../parts/uuid.ts';
import { OrderAndStatus } from './order-and-status.tsx';

type Refund = z.output<typeof RefundView>;

const statuses = ['processing', 'succeeded', 'failed', 'unknown'] as const;

/** What was given back or is to be, of every order, newest first. */
export function RefundsView() {
  const [asked, narrow] = useAsked({ status: '', order: '' });
  const named = useSettled(asked.order.toLowerCase());
  // What is no whole id yet is no question.
  const path = queried('/refunds', { status: asked.status, order_id: uuid.test(named) ? named : '' });
  const pages = usePages<Refund>(path);
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="refunds">
        <div class="heading">
          <h2 id="refunds">Refunds</h2>
          <SaveCsv name="refunds" path={path} />
        </div>
        <OrderAndStatus asked={asked} statuses={statuses} onAsk={narrow} onAgain={pages.again} />
        <Paged
          label="Refunds"
          pages={pages}
          keyOf={({ id }) => id}
          empty="There are no such refunds."
          columns={columns}
        />
      </section>
    </main>
  );
}

const columns: readonly Column<Refund>[] = [
  {
    name: 'When',
    of: ({ order_id: id, created_at: at }) => <a href={pathOf('orders', id)}>{formatMoment(at)}</a>,
  },
  { name: 'Status', of: (refund) => refund.status },
  { name: 'Reconciliation', of: (refund) => reconciledOf(refund) },
  { name: 'Amount', isFigure: true, of: ({ amount, currency }) => formatMoney(amount, currency) },
  { name: 'Reason', of: ({ reason }) => reason ?? '' },
  { name: 'At the gateway', of: ({ gateway_reference: id }) => id ?? '' },
  { name: 'Why it failed', of: ({ failure_detail: why }) => why ?? '' },
];
