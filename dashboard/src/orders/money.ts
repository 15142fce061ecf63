import { decimalsOf } from '../../../src/money/money.ts';

/** An amount in a currency, with that currency's own decimals, whatever the browser thinks of them. */
export function formatMoney(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(amount);
}

/** The difference of two amounts, as a field for amounts of this currency takes it. */
export function amountLeft(whole: number, part: number, currency: string): string {
  return (whole - part).toFixed(decimalsOf(currency));
}

/** The smallest amount of a currency, as a field for amounts takes it. */
export function leastOf(currency: string): string {
  return (10 ** -decimalsOf(currency)).toFixed(decimalsOf(currency));
}
