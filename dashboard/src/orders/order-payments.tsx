import { useEffect } from 'preact/hooks';
import { useReading } from '../api/use-reading.ts';
import { formatMoment } from '../parts/moment.ts';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { formatMoney } from './money.ts';
import type { Payment } from './payment.ts';
import type { Order } from './use-orders.ts';

const everyMs = 10_000;

/** Every try to pay an order, and what of it was given back. */
export function OrderPayments({ order }: Readonly<{ order: Order }>) {
  const { id, status, payment, refunds, currency } = order;
  const payments = useReading<{ data: readonly Payment[] }>(`/payments?order_id=${id}`, everyMs);
  useEffect(() => void payments.read(), [status, payment?.id, payment?.status]);
  return (
    <>
      <Part id="payments" title="Payments" reading={payments}>
        {({ data }) => (
          <Table
            label="Payments"
            rows={data}
            keyOf={(row) => row.id}
            empty="Nobody has tried to pay it yet."
            columns={[
              { name: 'When', of: (row) => formatMoment(row.created_at) },
              { name: 'Status', of: (row) => row.status.replaceAll('_', ' ') },
              { name: 'Method', isId: true, of: (row) => row.method },
              { name: 'Amount', isFigure: true, of: (row) => formatMoney(row.amount, row.currency) },
              { name: 'At the gateway', isId: true, of: (row) => row.gateway_reference ?? '–' },
              { name: 'Why', of: (row) => row.failure_detail ?? '' },
            ]}
          />
        )}
      </Part>
      {refunds.length > 0 && (
        <section aria-labelledby="refunds">
          <h2 id="refunds">Refunds</h2>
          <Table
            label="Refunds"
            rows={refunds}
            keyOf={(row) => row.id}
            empty=""
            columns={[
              { name: 'Amount', isFigure: true, of: (row) => formatMoney(row.amount, currency) },
              { name: 'Status', of: (row) => row.status },
              { name: 'Reason', of: (row) => row.reason ?? '' },
              { name: 'Why it failed', of: (row) => row.failure_code ?? '' },
            ]}
          />
        </section>
      )}
    </>
  );
}
