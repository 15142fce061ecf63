import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { CryptoData, StockQuote, priceScale } from '../entities/market.entity.ts';
import type { Copy } from './cache.ts';
import { isCrypto } from './symbol.ts';
import type { FinnhubQuote } from '../gateways/finnhub/answers.ts';

/** A number as a column of so many decimals gives it back, so that what is shown and compared is what is stored. */
export function rounded(value: number, scale: number): number {
  return Number(value.toFixed(scale));
}

/** An observation of a price, of a share or of a coin. */
export type QuoteRow = Omit<InferEntity<typeof StockQuote>, 'id' | 'jobId'>;

/** Where the prices of a symbol are stored; both tables have the same columns. */
export function quoteTable(symbol: string): typeof StockQuote | typeof CryptoData {
  return isCrypto(symbol) ? CryptoData : StockQuote;
}

/** The name under which a symbol's price is cached and asked for: the job that fetches it, and the symbol. */
export function quoteName(symbol: string): string {
  return `${isCrypto(symbol) ? 'fetch-crypto' : 'fetch-quote'}:${symbol}`;
}

/** The price in the provider's keys. */
export function quoteKeys(row: QuoteRow) {
  return {
    c: row.current,
    d: row.change ?? null,
    dp: row.changePercent ?? null,
    h: row.high ?? null,
    l: row.low ?? null,
    o: row.open ?? null,
    pc: row.previousClose ?? null,
    t: row.quotedAt,
    as_of: row.observedAt.toISOString(),
    source: row.source,
  };
}

/** The answer body of a stored price, still open for `stale`. */
export function quoteCopy(row: QuoteRow): Copy {
  const body = JSON.stringify({ symbol: row.symbol, ...quoteKeys(row) });
  return { body: body.slice(0, -1), observedAtMs: row.observedAt.getTime() };
}

/** The last price of a symbol that MySQL holds. */
export async function storedQuote(em: EntityManager, symbol: string): Promise<Copy | undefined> {
  const row = await em.findOne(
    quoteTable(symbol),
    { symbol },
    { orderBy: { observedAt: 'desc' }, disableIdentityMap: true },
  );
  return row ? quoteCopy(row) : undefined;
}

/** The last prices of several symbols that MySQL holds: one query a kind of price. */
export async function storedQuotes(em: EntityManager, symbols: readonly string[]): Promise<ReadonlyMap<string, Copy>> {
  const perTable = Map.groupBy(symbols, quoteTable);
  const rows = await Promise.all([...perTable].map(([table, some]) => newestRows(em, table, some)));
  return new Map(rows.flat().map((row) => [row.symbol, quoteCopy(row)]));
}

async function newestRows(
  em: EntityManager,
  table: ReturnType<typeof quoteTable>,
  symbols: readonly string[],
): Promise<QuoteRow[]> {
  const { tableName } = em.getMetadata(table);
  const rows = await em.execute<Record<string, unknown>[]>(
    `select observed.* from ${tableName} observed
     join (select symbol, max(observed_at) as newest from ${tableName} where symbol in (?) group by symbol) last
       on observed.symbol = last.symbol and observed.observed_at = last.newest`,
    [symbols],
  );
  return rows.map((row) => em.map(table, row));
}

/** What is known of an observation besides what the provider has said. */
type Observed = Pick<QuoteRow, 'symbol' | 'observedAt' | 'source'>;

/** The row of what the provider has said; none when the price is too small to be told from nothing. */
export function priceRow(quote: FinnhubQuote, { symbol, observedAt, source }: Observed): QuoteRow | undefined {
  const current = rounded(quote.c, priceScale);
  if (current === 0) return undefined;
  return {
    symbol,
    current,
    change: orNull(quote.d),
    changePercent: orNull(quote.dp),
    high: orNull(quote.h),
    low: orNull(quote.l),
    open: orNull(quote.o),
    previousClose: orNull(quote.pc),
    quotedAt: quote.t,
    observedAt,
    source,
  };
}

function orNull(value: number | null): number | null {
  return value === null ? null : rounded(value, priceScale);
}
