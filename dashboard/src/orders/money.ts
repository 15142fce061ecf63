import { decimalsOf } from '../../../src/money/money.ts';
import type { Order } from './use-orders.ts';

/** What an order costs, in its own currency with that currency's decimals, whatever the browser thinks of them. */
export function formatMoney({ total_amount, currency }: Pick<Order, 'total_amount' | 'currency'>): string {
  const decimals = decimalsOf(currency);
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(total_amount);
}
