import type { z } from 'zod';
import type { JobContext } from '../context.ts';
import { quoteCopy, quoteKeys, quoteName, quoteTable, storedQuote } from '../market/quote-copy.ts';
import { isCrypto } from '../market/crypto-symbol.ts';
import { cryptoUpdated, quoteUpdated } from '../streams/market.stream.ts';
import type { Attempt } from './define-job.ts';
import { fetchCopy } from './fetch-copy.ts';
import type { FetchOutcome } from './fetch-copy.ts';

/** Fetches a price of a share or a coin into the table of its kind, and announces it. */
export function fetchPrice(
  { id, askedAtMs, signal }: Attempt,
  symbol: string,
  ctx: JobContext,
): Promise<z.output<typeof FetchOutcome>> {
  const { finnhub, freshMs, now, transaction } = ctx;
  return fetchCopy(ctx, {
    name: quoteName(symbol),
    freshMs: isCrypto(symbol) ? freshMs.crypto : freshMs.quote,
    askedAtMs,
    stored: (em) => storedQuote(em, symbol),
    isListed: () => finnhub.isListed(symbol, signal),
    async fetch() {
      const quote = await finnhub.quote(symbol, signal);
      if (!quote) return undefined;
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
        await tx.upsert(quoteTable(symbol), row, { onConflictFields: ['jobId'] });
        after.publish(isCrypto(symbol) ? cryptoUpdated : quoteUpdated, symbol, { symbol, ...quoteKeys(row) });
      });
      return quoteCopy(row);
    },
  });
}
