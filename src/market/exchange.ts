import type { EntityManager } from '@mikro-orm/mysql';
import { crossRates, roundHalfEven, wholeOf } from './cross-rates.ts';
import { type ForexRow, newestRates } from './forex-copy.ts';

/** What one unit of a currency costs in another, as decimal text, from whom, and for when. */
export type ExchangeRate = Readonly<{ rate: string; source: string; asOf: Date }>;

/**
 * The newest stored rate from one currency to another: that of the currency itself, or, when it is newer, what follows
 * from the central bank's rates of the euro. Undefined: not all have been fetched yet; `unlisted`: those that have been do
 * not hold it, and waiting would not help.
 */
export async function exchangeRate(
  em: EntityManager,
  from: string,
  to: string,
): Promise<ExchangeRate | 'unlisted' | undefined> {
  const [own, euro] = [await newestRates(em, from), await newestRates(em, 'EUR')];
  const [newest] = [pick(own, own?.rates[to]), pick(euro, euro && crossRates(euro.rates, from)?.[to])]
    .filter((found) => found !== undefined)
    .toSorted((a, b) => b.asOf.getTime() - a.asOf.getTime());
  return newest ?? (euro ? 'unlisted' : undefined);
}

function pick(row: ForexRow | undefined, rate: string | undefined): ExchangeRate | undefined {
  return row && rate !== undefined ? { rate, source: row.source, asOf: row.asOf } : undefined;
}

/**
 * Minor units of one currency in minor units of another, rounded once, half to even, in whole numbers throughout.
 * `decimals` are those of the two currencies.
 */
export function convertMinor(minor: number, rate: string, decimals: Readonly<{ from: number; to: number }>): number {
  const [whole, scale] = wholeOf(rate);
  const dividend = BigInt(minor) * whole * 10n ** BigInt(decimals.to);
  return Number(roundHalfEven(dividend, 10n ** BigInt(scale + decimals.from)));
}
