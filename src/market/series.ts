import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/mysql';
import type { z } from 'zod';
import type { ListRow, ListTable } from '../entities/market-columns.ts';
import type { Facts, Observation } from './copy.ts';
import type { HistoryPage, MarketStore, TimeSpan } from './market-store.ts';
import { isSameTicker } from './symbol.ts';

/** What every row of a series says. */
export type Observing = Readonly<{ symbol: string; observedAt: Date; source: string }>;

/** A table with a row for each observation of a symbol, and what its rows say in the answer's keys. */
export type SeriesTable<Row extends Observing> = Readonly<{
  table: string;
  newest(em: EntityManager, symbol: string): Promise<(Row & Readonly<{ jobId: string }>) | null>;
  find(em: EntityManager, where: InSpan, limit: number): Promise<(Row & Readonly<{ id: string }>)[]>;
  upsert(tx: EntityManager, row: Row & Readonly<{ jobId: string }>): Promise<unknown>;
  keysOf(row: Row): Facts;
}>;

type InSpan = ReturnType<typeof inSpan>;

/** The newest row comes first. */
export const newestFirst = { orderBy: { observedAt: 'desc' }, disableIdentityMap: true } as const;
/** The oldest row comes first; of one moment, in the order of storing. */
export const oldestFirst = { orderBy: { observedAt: 'asc', id: 'asc' }, disableIdentityMap: true } as const;

/**
 * Keeps every observation of a symbol as a row, its last one being the stored copy. What the provider says again is one
 * observation, and so is what one job has fetched, however often it runs.
 */
export function seriesOf<Said, Row extends Observing>(
  { table, newest, find, upsert, keysOf }: SeriesTable<Row>,
  rowOf: (said: Said, observing: Observing) => Row,
): MarketStore<Readonly<{ symbol: string }>, Said> {
  const seen = (row: Row) => ({ ...keysOf(row), as_of: row.observedAt.toISOString(), source: row.source });
  return {
    async last(em, { symbol }) {
      const row = await newest(em, symbol);
      return row ? observationOf(row, keysOf(row)) : undefined;
    },
    async write(tx, { symbol }, said, { jobId, observedAt, source }) {
      const row = rowOf(said, { symbol, observedAt, source });
      const last = await newest(tx, symbol);
      const isKnown = last && last.jobId !== jobId && isDeepStrictEqual(keysOf(last), keysOf(row));
      if (!isKnown) await upsert(tx, { ...row, jobId });
      const observation = observationOf(row, keysOf(row));
      return { seen: observation, told: observation.facts };
    },
    async history(em, { symbol }, span, page) {
      const rows = await find(em, inSpan(symbol, span, page), page.limit);
      return rows.map((row) => ({ at: row.observedAt, rank: row.id, facts: seen(row) }));
    },
    pruned: [{ table, name: 'symbol', moment: 'observed_at', before: (limit) => limit, staysLast: true }],
  };
}

/** A row as it is answered. */
export function observationOf({ symbol, observedAt, source }: Observing, keys: Facts): Observation {
  return { facts: { symbol, ...keys, as_of: observedAt.toISOString(), source }, observedAt };
}

/** A list that the provider gives about a symbol, kept as it was given each time that it has changed. */
export function listsIn(table: ListTable): MarketStore<Readonly<{ symbol: string }>, readonly unknown[]> {
  return seriesOf<readonly unknown[], Omit<ListRow, 'id' | 'jobId'>>(
    {
      table: table.meta.tableName,
      newest: (em, symbol) => em.findOne(table, { symbol }, newestFirst),
      find: (em, where, limit) => em.find(table, where, { ...oldestFirst, limit }),
      upsert: (tx, row) => tx.upsert(table, row, { onConflictFields: ['jobId'] }),
      keysOf: ({ data }) => ({ data }),
    },
    (data, observing) => ({ ...observing, data }),
  );
}

/** Whether an answer lists anything. */
export function listsSome({ data }: Facts): boolean {
  return Array.isArray(data) && data.length > 0;
}

/** The items of a list that are about a symbol; undefined of an empty list. One about others alone is no answer. */
export function ownItems<Item extends Readonly<{ symbol: string }>>(
  items: readonly Item[],
  symbol: string,
  check: Pick<z.RefinementCtx, 'addIssue'>,
): readonly Item[] | undefined {
  const own = items.filter((item) => isSameTicker(item.symbol, symbol));
  if (items.length > 0 && own.length === 0) check.addIssue('nothing in it is about the symbol');
  return own.length === 0 ? undefined : own;
}

function inSpan(symbol: string, { from, to }: TimeSpan, { after }: HistoryPage) {
  const onward = after && {
    $or: [{ observedAt: { $gt: after.at } }, { observedAt: after.at, id: { $gt: after.rank } }],
  };
  return { symbol, observedAt: { $gte: from, $lte: to }, ...onward };
}
