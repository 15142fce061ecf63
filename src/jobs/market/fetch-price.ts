import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/mysql';
import type { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { RateLimited } from '../../errors.ts';
import { claimPoll, returnClaim } from '../../market/polling.ts';
import {
  priceRow,
  quoteCopy,
  quoteKeys,
  quoteName,
  type QuoteRow,
  quoteTable,
  storedQuote,
} from '../../market/quote.ts';
import { isCrypto } from '../../market/symbol.ts';
import { cryptoUpdated, quoteUpdated } from '../../streams/market.stream.ts';
import type { Attempt } from '../define-job.ts';
import { fetchCopy, type FetchOutcome } from './fetch-copy.ts';

/**
 * Fetches a price of a share or a coin into the table of its kind, and announces it. For people it tries again as often as
 * it takes; for the watchlist it calls once a slot, whatever becomes of it.
 */
export async function fetchPrice(
  attempt: Attempt,
  symbol: string,
  ctx: JobContext,
): Promise<z.output<typeof FetchOutcome>> {
  if (!attempt.isPoll) return fetchFor(attempt, symbol, ctx);
  const claim = await claimPoll(ctx.transaction, symbol, ctx.now());
  // Whoever has claimed the slot may still have to find that it is wanted, so that is left to run out.
  if (!claim) return 'not_wanted';
  return fetchFor(attempt, symbol, ctx).catch(async (error: unknown) => {
    if (error instanceof RateLimited) await returnClaim(ctx.transaction, claim);
    throw error;
  });
}

function fetchFor(attempt: Attempt, symbol: string, ctx: JobContext) {
  const { id, signal } = attempt;
  const {
    market: { finnhub, freshMs },
    now,
    transaction,
  } = ctx;
  return fetchCopy(ctx, attempt, {
    name: quoteName(symbol),
    freshMs: isCrypto(symbol) ? freshMs.crypto : freshMs.quote,
    stored: (em) => storedQuote(em, symbol),
    isListed: () => finnhub.isListed(symbol, signal),
    async fetch() {
      const quote = await finnhub.quote(symbol, signal);
      const price = quote && priceRow(quote, { symbol, observedAt: now(), source: 'finnhub' });
      if (!price) return undefined;
      const row = { ...price, jobId: id };
      await transaction(async (tx, after) => {
        // The job may run twice; its id is unique in the table, so the second run rewrites the same row.
        if (!(await isKnown(tx, row))) await tx.upsert(quoteTable(symbol), row, { onConflictFields: ['jobId'] });
        after.publish(isCrypto(symbol) ? cryptoUpdated : quoteUpdated, symbol, { symbol, ...quoteKeys(row) });
      });
      return quoteCopy(row);
    },
  });
}

/** Whether the last stored price is this one, moment and all: a closed market says the same for days. */
async function isKnown(tx: EntityManager, { jobId, ...row }: QuoteRow & Readonly<{ jobId: string }>): Promise<boolean> {
  const { symbol } = row;
  const last = await tx.findOne(
    quoteTable(symbol),
    { symbol },
    { orderBy: { observedAt: 'desc' }, disableIdentityMap: true },
  );
  if (!last || last.jobId === jobId) return false;
  return isDeepStrictEqual(said(last), said(row));
}

/** What the provider has said of a price. */
function said(row: QuoteRow) {
  const { as_of: _, ...keys } = quoteKeys(row);
  return keys;
}
