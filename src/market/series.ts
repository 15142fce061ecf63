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
  /** The newest of each of these symbols, of those that have any. */
  newest(em: EntityManager, symbols: readonly string[]): Promise<readonly Fetched<Row>[]>;
  find(em: EntityManager, where: InSpan, limit: number): Promise<(Row & Readonly<{ id: string }>)[]>;
  /** Stores rows; one whose job has stored one before takes its place. */
  upsert(tx: EntityManager, rows: readonly Fetched<Row>[]): Promise<unknown>;
  keysOf(row: Row): Facts;
}>;

type Fetched<Row> = Row & Readonly<{ jobId: string }>;
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
      const [row] = await newest(em, [symbol]);
      return row ? observationOf(row, keysOf(row)) : undefined;
    },
    async write(tx, sayings) {
      const symbols = new Set(sayings.map(({ ask: { symbol } }) => symbol));
      const last = new Map((await newest(tx, [...symbols])).map((row) => [row.symbol, row]));
      const rows: Fetched<Row>[] = [];
      const written = sayings.map(({ ask: { symbol }, said, seen: { jobId, ...observed } }) => {
        const row = { ...rowOf(said, { symbol, ...observed }), jobId };
        const before = last.get(symbol);
        const isKnown = before && before.jobId !== jobId && isDeepStrictEqual(keysOf(before), keysOf(row));
        if (!isKnown) {
          rows.push(row);
          if (!before || before.observedAt <= row.observedAt) last.set(symbol, row);
        }
        const observation = observationOf(row, keysOf(row));
        return { seen: observation, told: observation.facts };
      });
      await upsert(tx, rows);
      return written;
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

/** The newest row of each symbol that has any, asked for one by one. */
export async function newestOfEach<Row>(
  symbols: readonly string[],
  newest: (symbol: string) => Promise<Row | null>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const symbol of symbols) rows.push(...[await newest(symbol)].filter((row) => row !== null));
  return rows;
}

/** A list that the provider gives about a symbol, kept as it was given each time that it has changed. */
export function listsIn(table: ListTable): MarketStore<Readonly<{ symbol: string }>, readonly unknown[]> {
  return seriesOf<readonly unknown[], Omit<ListRow, 'id' | 'jobId'>>(
    {
      table: table.meta.tableName,
      newest: (em, symbols) => newestOfEach(symbols, (symbol) => em.findOne(table, { symbol }, newestFirst)),
      find: (em, where, limit) => em.find(table, where, { ...oldestFirst, limit }),
      async upsert(tx, rows) {
        for (const row of rows) await tx.upsert(table, row, { onConflictFields: ['jobId'] });
      },
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
