import { examplePrice } from '../../market/price.ts';
import { alertFired } from '../../streams/alerts.stream.ts';

/** The original's order, as it is answered: two products for 100 USD. */
export const exampleOrder = {
  id: '019341d2-0000-7000-8000-000000000001',
  user_id: 1,
  status: 'pending' as const,
  items: [
    { product_id: 1, title: 'Field Notebook', quantity: 1, unit_price: 60, line_total: 60 },
    { product_id: 2, title: 'Enamel Mug', quantity: 1, unit_price: 40, line_total: 40 },
  ],
  total_amount: 100,
  currency: 'USD',
  fx_rate: null,
  fx_source: null,
  fx_as_of: null,
  refunded_amount: 0,
  refunds: [],
  payment: {
    id: '019341d2-0000-7000-8000-000000000002',
    status: 'processing' as const,
    method: 'pm_card_visa',
    failure_code: null,
    failure_detail: null,
  },
  created_at: '2026-11-22T10:00:00.000Z',
  paid_at: null,
};

/** The original's quote: Apple on 19 September 2025. */
const exampleQuote = {
  symbol: 'AAPL',
  ...examplePrice,
  as_of: '2025-09-19T20:00:01.000Z',
  source: 'finnhub',
  stale: false,
};

/** One frame of `/streams/orders`. */
export const exampleOrderEvent = exampleFrame('order.paid', exampleOrder.id, {
  order_id: exampleOrder.id,
  user_id: 1,
  total_amount: 100,
  currency: 'USD',
  status: 'paid',
  payment_id: exampleOrder.payment.id,
});

const { stale: _, ...quoteData } = exampleQuote;

/** One frame of `/streams/market`. */
export const exampleQuoteEvent = exampleFrame('quote.updated', 'AAPL', quoteData);

/** One frame of `/streams/alerts`. */
export const exampleAlertEvent = exampleFrame(alertFired.type, alertFired.example.subject, alertFired.example.data);

function exampleFrame(type: string, subject: string, data: object): string {
  const event = { id: '019341d2-0000-7000-8000-000000000004', type, version: 2, schema: 1 };
  const line = JSON.stringify({ ...event, time: '2026-11-22T10:00:01.000Z', subject, data });
  return `id: 1795348801000-0\nevent: ${type}\ndata: ${line}\n\n`;
}
