import type { Clock } from '../../clock.ts';
import type { Hours } from '../hours.ts';
import { listings } from '../listings.ts';
import type { Market } from '../market.ts';

/** A trade in the provider's keys: symbol, price, volume, UNIX milliseconds, conditions. */
export interface Trade {
  readonly s: string;
  readonly p: number;
  readonly v: number;
  readonly t: number;
  readonly c: readonly string[] | null;
}

/** How often trades come, ms. */
export const everyMs = 200;

const mostAtOnce = 3;

/** The trades of a symbol within the last `everyMs`: none outside its hours, and not always some in them. */
export function tradesOf(
  symbol: string,
  { market, hours, clock }: Readonly<{ market: Market; hours: Hours; clock: Clock }>,
): Trade[] {
  const listing = listings.get(symbol);
  const nowMs = clock();
  if (!listing || hours.session(listing.type, nowMs).last < Math.floor(nowMs / 1_000)) return [];
  const { c: price } = market(symbol, nowMs);
  const isCoin = listing.type === 'Crypto';
  const decimals = listing.price >= 10 ? 2 : 4;
  return Array.from({ length: Math.floor(Math.random() * (mostAtOnce + 1)) }, () => ({
    s: symbol,
    // Trades of one moment lie a little apart.
    p: Number((price * (1 + (Math.random() - 0.5) / 5_000)).toFixed(decimals)),
    v: isCoin ? Number(Math.random().toFixed(5)) : 1 + Math.floor(Math.random() * 200),
    t: Math.floor(nowMs - Math.random() * everyMs),
    c: isCoin ? null : ['1'],
  }));
}
