import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { SearchWords, searchCopy, searchFreshMs, searchName } from '../../market/symbol-search.ts';
import { defineJob } from '../define-job.ts';
import { fetchCopy, FetchOutcome } from './fetch-copy.ts';
import { finnhub as queue } from '../queues.ts';

/** Asks Finnhub which symbols fit some words. What it finds is kept in the cache alone: it belongs to nobody. */
export const searchSymbols = defineJob(
  {
    kind: 'search-symbols',
    summary: 'Search the provider’s symbols for some words.',
    queue,
    payload: z.object({ q: SearchWords }),
    result: z.object({ q: z.string(), outcome: FetchOutcome }),
    attempts: 4,
    backoffMs: 500,
    timeoutMs: 8_000,
    coalesceBy: ({ q }) => q,
    copyName: ({ q }) => searchName(q),
  },
  async (attempt, ctx: JobContext) => {
    const { q } = attempt.payload;
    const outcome = await fetchCopy(ctx, attempt, {
      name: searchName(q),
      freshMs: searchFreshMs,
      keptSeconds: searchFreshMs / 1_000,
      stored: async () => undefined,
      // Read again by a second run, it is the same answer.
      fetch: async () => searchCopy(q, await ctx.market.finnhub.search(q, attempt.signal), ctx.now()),
    });
    return { q, outcome };
  },
  async ({ q }, _reason, { market: { asks } }: JobContext) => asks.end(searchName(q)),
);
