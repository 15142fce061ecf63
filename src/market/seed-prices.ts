import type { MikroORM } from '@mikro-orm/mysql';
import { z } from 'zod';
import { fetchJson } from '../gateways/http/fetch-json.ts';
import { presentOf } from '../mysql/present.ts';
import { insertRows } from '../mysql/rows.ts';
import { startTimeout } from '../process/deadline.ts';
import { priceRow, priceTable, type ProviderQuote, quoteCall } from './price.ts';

/** Whose past prices are asked for, and where: `from` is the sandbox's control URL. */
export type PastPrices = Readonly<{ from: string; symbols: readonly string[] }>;

const dayMs = 86_400_000;
// A day of minutes, which is what bars show unless told otherwise, and quarters of hours of the days before. Of the hours that charts
// begin with there are four prices a minute: a candle of one is but a dot.
const spans = [
  { fromDays: 6, toDays: 1, everySeconds: 900 },
  { fromDays: 1, toDays: 0.25, everySeconds: 60 },
  { fromDays: 0.25, toDays: 0, everySeconds: 15 },
] as const;
const patienceMs = 10_000;
const mostBytes = 2_000_000;
const rowsAtOnce = 500;

/**
 * Stores days of prices of the sandbox's market, so that a first start has charts to show: of each symbol all or nothing, and
 * none of a symbol that has prices. They are demo data: no job has fetched them, and no event tells of them. Returns how many.
 */
export async function seedPrices(orm: MikroORM, { from, symbols }: PastPrices): Promise<number> {
  // By which rows are aged as well.
  const now = await presentOf(orm.em.fork());
  let stored = 0;
  for (const symbol of symbols) {
    const table = priceTable(symbol);
    if ((await orm.em.fork().count(table, { symbol })) > 0) continue;
    const quotes = new Map((await readPast(from, symbol, now)).map((quote) => [quote.t, quote]));
    const rows = [...quotes.values()].map((quote) => ({
      ...priceRow(quote, { symbol, observedAt: new Date(quote.t * 1_000), source: 'finnhub' }),
      jobId: `${symbol}@${quote.t}`,
    }));
    await orm.em.fork().transactional(async (tx) => {
      for (let first = 0; first < rows.length; first += rowsAtOnce)
        await insertRows(tx, table, rows.slice(first, first + rowsAtOnce));
    });
    stored += rows.length;
  }
  return stored;
}

async function readPast(from: string, symbol: string, now: Date): Promise<ProviderQuote[]> {
  const Quotes = z.array(quoteCall(symbol).answer);
  const quotes: ProviderQuote[] = [];
  for (const { fromDays, toDays, everySeconds } of spans) {
    const at = (days: number) => new Date(now.getTime() - days * dayMs).toISOString();
    const url = new URL('/prices', from);
    url.search = new URLSearchParams({
      symbol,
      from: at(fromDays),
      to: at(toDays),
      every: String(everySeconds),
    }).toString();
    const { body } = await fetchJson('The sandbox', url, { signal: startTimeout(patienceMs).signal, mostBytes });
    quotes.push(...Quotes.parse(body).filter((quote) => quote !== undefined));
  }
  return quotes;
}
