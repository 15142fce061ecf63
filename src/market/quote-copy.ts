import type { EntityManager } from '@mikro-orm/mysql';
import type { InferEntity } from '@mikro-orm/mysql';
import { StockQuote } from '../entities/stock-quote.entity.ts';
import type { Copy } from './cache.ts';

type QuoteRow = Pick<
  InferEntity<typeof StockQuote>,
  | 'symbol'
  | 'current'
  | 'change'
  | 'changePercent'
  | 'high'
  | 'low'
  | 'open'
  | 'previousClose'
  | 'quotedAt'
  | 'observedAt'
  | 'source'
>;

/** The name under which a symbol's quote is cached and asked for. */
export function quoteName(symbol: string): string {
  return `fetch-quote:${symbol}`;
}

/** The answer body of a stored quote, in the provider's keys, still open for `stale`. */
export function quoteCopy(row: QuoteRow): Copy {
  const body = JSON.stringify({
    symbol: row.symbol,
    c: row.current,
    d: row.change ?? null,
    dp: row.changePercent ?? null,
    h: row.high,
    l: row.low,
    o: row.open,
    pc: row.previousClose,
    t: row.quotedAt,
    as_of: row.observedAt.toISOString(),
    source: row.source,
  });
  return { body: body.slice(0, -1), observedAtMs: row.observedAt.getTime() };
}

/** The last quote of a symbol that MySQL holds. */
export async function storedQuote(em: EntityManager, symbol: string): Promise<Copy | undefined> {
  const row = await em.findOne(StockQuote, { symbol }, { orderBy: { observedAt: 'desc' }, disableIdentityMap: true });
  return row ? quoteCopy(row) : undefined;
}
