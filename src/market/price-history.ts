import type { EntityManager } from '@mikro-orm/mysql';
import { ForexRate } from '../entities/forex-rate.entity.ts';
import { forexKeys } from './forex-copy.ts';
import { quoteKeys, quoteTable } from './quote-copy.ts';

/** A span of time, both ends included. */
export type Span = Readonly<{ from: Date; to: Date }>;

/** Which observations of a span: at most `limit`, after the one of this moment and id. */
export type Page = Readonly<{ after: Readonly<{ at: Date; rank: string }> | undefined; limit: number }>;

/** The stored prices of a symbol in a span, oldest first, each with its place. */
export async function priceHistory(em: EntityManager, symbol: string, { from, to }: Span, { after, limit }: Page) {
  const onward = after && {
    $or: [{ observedAt: { $gt: after.at } }, { observedAt: after.at, id: { $gt: after.rank } }],
  };
  const rows = await em.find(
    quoteTable(symbol),
    { symbol, observedAt: { $gte: from, $lte: to }, ...onward },
    { orderBy: { observedAt: 'asc', id: 'asc' }, limit, disableIdentityMap: true },
  );
  return rows.map((row) => ({ at: row.observedAt, rank: row.id, keys: quoteKeys(row) }));
}

/** The stored rates of a base in a span, oldest first, each with its place. */
export async function rateHistory(em: EntityManager, base: string, { from, to }: Span, { after, limit }: Page) {
  const onward = after && { $or: [{ asOf: { $gt: after.at } }, { asOf: after.at, id: { $gt: after.rank } }] };
  const rows = await em.find(
    ForexRate,
    { base, asOf: { $gte: from, $lte: to }, ...onward },
    { orderBy: { asOf: 'asc', id: 'asc' }, limit, disableIdentityMap: true },
  );
  return rows.map((row) => ({ at: row.asOf, rank: row.id, keys: forexKeys(row) }));
}
