import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { quoteName } from '../../market/quote.ts';
import { Symbol } from '../../market/symbol.ts';
import { defineJob } from '../define-job.ts';
import { FetchOutcome } from './fetch-copy.ts';
import { fetchPrice } from './fetch-price.ts';
import { finnhub as queue } from '../queues.ts';

/** Fetches one share's quote from Finnhub, stores it, and announces it on the `market` stream. */
export const fetchQuote = defineJob(
  {
    kind: 'fetch-quote',
    summary: 'Fetch one stock quote, store it, announce it.',
    queue,
    payload: z.object({ symbol: Symbol }),
    result: z.object({ symbol: z.string(), outcome: FetchOutcome }),
    attempts: 4,
    backoffMs: 500,
    timeoutMs: 8_000,
    coalesceBy: ({ symbol }) => symbol,
    copyName: ({ symbol }) => quoteName(symbol),
  },
  async (attempt, ctx: JobContext) => {
    const { symbol } = attempt.payload;
    return { symbol, outcome: await fetchPrice(attempt, symbol, ctx) };
  },
  async ({ symbol }, _reason, { market: { asks } }: JobContext) => asks.end(quoteName(symbol)),
);
