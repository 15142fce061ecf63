import type { EntityManager } from '@mikro-orm/mysql';
import { ForexRate } from '../entities/forex-rate.entity.ts';
import { forexKeys } from './forex-copy.ts';
import { quoteKeys, quoteTable } from './quote-copy.ts';

/** A span of time, both ends included. */
export type Span = Readonly<{ from: Date; to: Date }>;

/** Observations, oldest first, and the moment at which to go on when there are more. */
export type History<Observation> = Readonly<{ data: Observation[]; next_from: string | null }>;

/** The most observations of a price in one answer. */
export const mostPrices = 5_000;
/** The most observations of rates in one answer; each has dozens of currencies. */
export const mostRates = 500;

/** The stored prices of a symbol in a span. */
export async function priceHistory(em: EntityManager, symbol: string, { from, to }: Span) {
  const rows = await em.find(
    quoteTable(symbol),
    { symbol, observedAt: { $gte: from, $lte: to } },
    { orderBy: { observedAt: 'asc', id: 'asc' }, limit: mostPrices + 1, disableIdentityMap: true },
  );
  return cut(rows.map(quoteKeys), mostPrices);
}

/** The stored rates of a base in a span. */
export async function rateHistory(em: EntityManager, base: string, { from, to }: Span) {
  const rows = await em.find(
    ForexRate,
    { base, asOf: { $gte: from, $lte: to } },
    { orderBy: { asOf: 'asc', id: 'asc' }, limit: mostRates + 1, disableIdentityMap: true },
  );
  return cut(rows.map(forexKeys), mostRates);
}

// What shares its moment with the first one left out is left out too: whoever goes on there sees each once.
function cut<Observation extends Readonly<{ as_of: string }>>(all: Observation[], most: number): History<Observation> {
  const next = all[most];
  if (!next) return { data: all, next_from: null };
  return { data: all.filter(({ as_of }) => as_of < next.as_of), next_from: next.as_of };
}
