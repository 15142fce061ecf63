import type { z } from '@hono/zod-openapi';
import type { PriceKeys } from '../../../src/market/price.ts';

/** A price as it is stored, streamed and shown. */
export type Quote = z.output<typeof PriceKeys> & Readonly<{ symbol: string; as_of: string; source: string }>;

/** Whether it is a pair of coins at an exchange, and no share. */
export const isCoin = (symbol: string): boolean => symbol.includes(':');

/** The path of a symbol's price, or of its history with `/history` behind it. */
export function pricePath(symbol: string, part: '' | '/history' = ''): string {
  return `/market/${isCoin(symbol) ? 'crypto' : 'quote'}${part}?symbol=${encodeURIComponent(symbol)}`;
}

/** A symbol for people: the coin of a pair, without the exchange. */
export function shortName(symbol: string): string {
  return isCoin(symbol) ? symbol.slice(symbol.indexOf(':') + 1).replace(/USDT$/, '') : symbol;
}

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
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' });

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

/** The time of day, on the reader's clock. */
export function formatTime(at: string): string {
  return time.format(new Date(at));
}

/** Whether a price is up, down or unmoved since the day before. */
export function directionOf({ dp }: Quote): 'up' | 'down' | 'level' {
  if (dp === null || dp === 0) return 'level';
  return dp > 0 ? 'up' : 'down';
}
