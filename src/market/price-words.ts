import type { z } from 'zod';
import type { PriceKeys } from './price.ts';

const prices = {
  large: new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  usual: new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 }),
  small: new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 }),
};
const percent = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});

/** `1,234.50`, `12.3456`, `0.00001234`: as many digits as matter at its size; a dash when it is not known. */
export function formatPrice(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  return prices[size >= 1_000 ? 'large' : size >= 0.1 || size === 0 ? 'usual' : 'small'].format(value);
}

/** `+3.20 %`; a dash when it is not known. */
export function formatPercent(value: number | null): string {
  // A minus sign is as wide as the plus, so that columns keep still.
  return value === null ? '–' : `${percent.format(value).replace('-', '−')} %`;
}

/** Whether a price is up, down or unmoved since the day before. */
export function directionOf({ dp }: Pick<z.output<typeof PriceKeys>, 'dp'>): 'up' | 'down' | 'level' {
  if (dp === null || dp === 0) return 'level';
  return dp > 0 ? 'up' : 'down';
}

/** A symbol for people: the coin of a pair, without the exchange. */
export function shortName(symbol: string): string {
  return symbol.includes(':') ? symbol.slice(symbol.indexOf(':') + 1).replace(/USDT$/, '') : symbol;
}
