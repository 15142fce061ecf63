import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { z } from 'zod';
import { priceScale } from '../entities/market-columns.ts';
import { CryptoData, StockQuote } from '../entities/market.entity.ts';
import { KnownNumber, Seconds } from '../gateways/finnhub/answers.ts';
import { writeRows } from '../mysql/rows.ts';
import { type Copy, copyOf } from './copy.ts';
import type { MarketStore } from './market-store.ts';
import { newestFirst, newestOfEach, observationOf, type Observing, oldestFirst, seriesOf } from './series.ts';
import { isCrypto } from './symbol.ts';

/** An observation of a price, of a share or of a coin. */
export type PriceRow = Omit<InferEntity<typeof StockQuote>, 'id' | 'jobId'>;

type StoredPrice = PriceRow & Readonly<{ jobId: string }>;

/** Tables of prices; all have the same columns. */
export type PriceTable = typeof StockQuote | typeof CryptoData;

/**
 * The provider's keys of a price: current, change, change in percent, high, low, open, previous close, UNIX seconds. All but
 * the price and its time may be unknown.
 */
export const PriceKeys = z.object({
  c: z.number(),
  d: z.number().nullable(),
  dp: z.number().nullable(),
  h: z.number().nullable(),
  l: z.number().nullable(),
  o: z.number().nullable(),
  pc: z.number().nullable(),
  t: z.int(),
});

/** The original's price: Apple on 19 September 2025. */
export const examplePrice = {
  c: 245.5,
  d: 7.62,
  dp: 3.2033,
  h: 246.3,
  l: 240.2106,
  o: 241.225,
  pc: 237.88,
  t: 1_758_312_000,
};

/** Whether nobody but the watchlist wants the fetch. Optional until jobs queued before the field have drained. */
export const Poll = z.boolean().optional();

// As large as the columns hold, and larger than any price.
const mostPrice = 1e11;
const Price = z.number().nonnegative().max(mostPrice);
const Change = z.number().min(-mostPrice).max(mostPrice);

const Quote = z.object({
  c: Price,
  // Older records lack the changes.
  d: KnownNumber('d', Change),
  dp: KnownNumber('dp', Change),
  h: KnownNumber('h', Price),
  l: KnownNumber('l', Price),
  o: KnownNumber('o', Price),
  pc: KnownNumber('pc', Price),
  t: Seconds,
});

/** A quote in the provider's own keys, in the security's currency. */
export type ProviderQuote = z.output<typeof Quote>;

/**
 * The provider's call for a price. All zeros may or may not mean that the symbol is unknown, and a price too small to be
 * told from nothing is none.
 */
export function quoteCall(symbol: string) {
  const answer = Quote.transform((quote) => (rounded(quote.c, priceScale) === 0 ? undefined : quote));
  return { path: '/quote', query: { symbol }, answer };
}

/** A number as a column of so many decimals gives it back, so that what is shown and compared is what is stored. */
export function rounded(value: number, scale: number): number {
  return Number(value.toFixed(scale));
}

/** Where the prices of a symbol are stored. */
export function priceTable(symbol: string): PriceTable {
  return isCrypto(symbol) ? CryptoData : StockQuote;
}

/** Prices in a table of them. */
export function pricesIn(table: PriceTable): MarketStore<Readonly<{ symbol: string }>, ProviderQuote> {
  return seriesOf(
    {
      table: table.meta.tableName,
      newest: (em, symbols) =>
        symbols.length > 1
          ? newestRows(em.fork({ keepTransactionContext: true }), table, symbols)
          : newestOfEach(symbols, (symbol) => em.findOne(table, { symbol }, newestFirst)),
      find: (em, where, limit) => em.find(table, where, { ...oldestFirst, limit }),
      upsert: (tx, rows) => writeRows(tx, table, rows),
      keysOf: priceKeys,
    },
    priceRow,
  );
}

/** The last prices of several symbols that MySQL holds: one query a table. */
export async function storedPrices(em: EntityManager, symbols: readonly string[]): Promise<ReadonlyMap<string, Copy>> {
  const perTable = Map.groupBy(symbols, priceTable);
  const rows = await Promise.all([...perTable].map(([table, some]) => newestRows(em, table, some)));
  return new Map(rows.flat().map((row) => [row.symbol, copyOf(observationOf(row, priceKeys(row)))]));
}

async function newestRows(em: EntityManager, table: PriceTable, symbols: readonly string[]): Promise<StoredPrice[]> {
  const { tableName } = em.getMetadata(table);
  const rows = await em.execute<Record<string, unknown>[]>(
    `select observed.* from ${tableName} observed
     join (select symbol, max(observed_at) as newest from ${tableName} where symbol in (?) group by symbol) last
       on observed.symbol = last.symbol and observed.observed_at = last.newest`,
    [symbols],
  );
  return rows.map((row) => em.map(table, row));
}

function priceKeys(row: PriceRow) {
  return {
    c: row.current,
    d: row.change ?? null,
    dp: row.changePercent ?? null,
    h: row.high ?? null,
    l: row.low ?? null,
    o: row.open ?? null,
    pc: row.previousClose ?? null,
    t: row.quotedAt,
  };
}

/** A price as its table keeps it. */
export function priceRow(quote: ProviderQuote, observing: Observing): PriceRow {
  return {
    ...observing,
    current: rounded(quote.c, priceScale),
    change: orNull(quote.d),
    changePercent: orNull(quote.dp),
    high: orNull(quote.h),
    low: orNull(quote.l),
    open: orNull(quote.o),
    previousClose: orNull(quote.pc),
    quotedAt: quote.t,
  };
}

function orNull(value: number | null): number | null {
  return value === null ? null : rounded(value, priceScale);
}
