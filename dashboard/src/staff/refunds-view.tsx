import type { z } from '@hono/zod-openapi';
import type { RefundView } from '../../../src/api/payments/refunds.routes.ts';
import { usePages } from '../api/use-pages.ts';
import { pathOf } from '../frame/address.ts';
import { useAsked } from '../frame/asked.ts';
import { formatMoney } from '../orders/money.ts';
import { reconciledOf } from '../orders/payment.ts';
import { Chosen } from '../parts/chosen.tsx';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { SaveCsv } from '../parts/save-csv.tsx';
import { SearchField } from '../parts/search-field.tsx';
import type { Column } from '../parts/table.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { uuid } from '../parts/uuid.ts';

type Refund = z.output<typeof RefundView>;

const statuses = ['processing', 'succeeded', 'failed', 'unknown'] as const;

/** What was given back or is to be, of every order, newest first. */
export function RefundsView() {
  const [{ status, order }, narrow] = useAsked({ status: '', order: '' });
  const named = useSettled(order.toLowerCase());
  // What is no whole id yet is no question.
  const path = queried('/refunds', { status, order_id: uuid.test(named) ? named : '' });
  const pages = usePages<Refund>(path);
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="refunds">
        <div class="heading">
          <h2 id="refunds">Refunds</h2>
          <SaveCsv name="refunds" path={path} />
        </div>
        <div class="fields" role="search">
          <SearchField
            label="Order"
            placeholder="its whole id"
            words={order}
            onWords={(words) => narrow({ order: words.trim() })}
            isName
          />
          <Chosen
            name="Status"
            value={status}
            options={statuses}
            none="any"
            onChoose={(chosen) => narrow({ status: chosen })}
          />
          <button type="button" onClick={pages.again}>
            Read again
          </button>
        </div>
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
