import { z } from 'zod';
import { StockQuote } from '../entities/stock-quote.entity.ts';
import { GiveUp } from '../errors.ts';
import { quoteCopy, quoteName, storedQuote } from '../market/quote-copy.ts';
import { Symbol } from '../market/symbol.ts';
import { quoteUpdated } from '../streams/market.stream.ts';
import { defineJob } from './define-job.ts';
import { finnhub as queue } from './queues.ts';

/**
 * Fetches one quote from Finnhub, stores it, and announces it on the `market` stream. Outcomes: `stored` a new
 * observation, `current` someone else had just done so, `unchanged` zeros came and the last good copy stays,
 * `unknown_symbol`, and `not_wanted` nobody has asked for 30 s.
 */
export const fetchQuote = defineJob(
  {
    kind: 'fetch-quote',
    summary: 'Fetch one stock quote, store it, announce it.',
    queue,
    payload: z.object({ symbol: Symbol }),
    result: z.object({
      symbol: z.string(),
      outcome: z.enum(['stored', 'current', 'unchanged', 'unknown_symbol', 'not_wanted']),
    }),
    attempts: 4,
    backoffMs: 500,
    timeoutMs: 8_000,
    coalesceBy: ({ symbol }) => symbol,
  },
  async ({ id, payload: { symbol }, askedAtMs, signal }, { asks, cache, em, finnhub, freshMs, now, transaction }) => {
    const name = quoteName(symbol);
    const copy = await cache.read(name);
    // Whoever missed the cache just before the last fetch ended has queued this job in vain.
    if (copy && copy.observedAtMs >= Math.min(askedAtMs, now().getTime() - freshMs.quote)) {
      await asks.settle(name);
      return { symbol, outcome: 'current' };
    }
    if (!(await asks.isWanted(name))) return { symbol, outcome: 'not_wanted' };

    const quote = await finnhub.quote(symbol, signal);
    if (!quote) {
      if (copy ?? (await storedQuote(em, symbol))) {
        await asks.settle(name);
        return { symbol, outcome: 'unchanged' };
      }
      if (await finnhub.isListed(symbol, signal)) throw new GiveUp(`Finnhub has no price for ${symbol} at the moment`);
      await cache.markUnknown(name);
      await asks.settle(name);
      return { symbol, outcome: 'unknown_symbol' };
    }

    const row = {
      symbol,
      jobId: id,
      current: quote.c,
      change: quote.d,
      changePercent: quote.dp,
      high: quote.h,
      low: quote.l,
      open: quote.o,
      previousClose: quote.pc,
      quotedAt: quote.t,
      observedAt: now(),
      source: 'finnhub',
    };
    // The job may run twice; its id is unique in the table, so the second run rewrites the same row.
    await transaction(async (tx, after) => {
      await tx.upsert(StockQuote, row, { onConflictFields: ['jobId'] });
      const as_of = row.observedAt.toISOString();
      after.publish(quoteUpdated, symbol, { symbol, ...quote, as_of, source: row.source });
    });
    await cache.write(name, quoteCopy(row));
    await asks.settle(name);
    return { symbol, outcome: 'stored' };
  },
  async ({ symbol }, _reason, { asks }) => asks.settle(quoteName(symbol)),
);
