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

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' });

/** The time of day, on the reader's clock. */
export function formatTime(at: string): string {
  return time.format(new Date(at));
}
