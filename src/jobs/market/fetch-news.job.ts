import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { CompanyProfile, NewsCoverage, StockQuote } from '../../entities/market.entity.ts';
import { type NewsRange, newsName, storedNews, storeNews } from '../../market/news.ts';
import { Symbol } from '../../market/symbol.ts';
import { newsPublished } from '../../streams/market.stream.ts';
import { defineJob } from '../define-job.ts';
import { fetchCopy, FetchOutcome } from './fetch-copy.ts';
import { finnhub as queue } from '../queues.ts';

// Ranges are many and their copies large; what Redis has dropped is read from MySQL.
const keptSeconds = 900;
const mostTold = 50;

/** Fetches a symbol's news of some days from Finnhub, stores what is new, and announces that in one event. */
export const fetchNews = defineJob(
  {
    kind: 'fetch-news',
    summary: 'Fetch the news of a symbol, store what is new, announce it.',
    queue,
    payload: z.object({ symbol: Symbol, from: z.iso.date(), to: z.iso.date() }),
    result: z.object({ symbol: z.string(), outcome: FetchOutcome, published: z.int() }),
    attempts: 4,
    backoffMs: 500,
    timeoutMs: 8_000,
    coalesceBy: ({ symbol, from, to }) => `${symbol}-${from}-${to}`,
    copyName: newsName,
  },
  async (attempt, ctx: JobContext) => {
    const { payload: range, signal } = attempt;
    const { symbol } = range;
    let published = 0;
    const outcome = await fetchCopy(ctx, attempt, {
      name: newsName(range),
      freshMs: ctx.market.freshMs.news,
      keptSeconds,
      stored: (em) => storedNews(em, range),
      async fetch() {
        const articles = await ctx.market.finnhub.news(symbol, range.from, range.to, signal);
        // No news is what a quiet company and a misspelt symbol have in common.
        if (articles.length === 0 && !(await isKnown(ctx, symbol, signal))) return undefined;
        published = await store(ctx, range, articles);
        return storedNews(ctx.em, range);
      },
    });
    return { symbol, outcome, published };
  },
  async (range, _reason, { market: { asks } }: JobContext) => asks.end(newsName(range)),
);

type Articles = Awaited<ReturnType<JobContext['market']['finnhub']['news']>>;

/** Stores and announces what is new; a second run finds nothing new, and announces nothing. */
function store({ transaction, now }: JobContext, range: NewsRange, articles: Articles): Promise<number> {
  const observed = { observedAt: now(), source: 'finnhub' };
  return transaction(async (tx, after) => {
    const fresh = await storeNews(tx, range, articles, observed);
    if (fresh.length > 0)
      after.publish(newsPublished, range.symbol, {
        ...range,
        count: fresh.length,
        data: fresh.slice(0, mostTold).map(({ id, datetime, headline }) => ({ id, datetime, headline })),
        as_of: observed.observedAt.toISOString(),
        source: observed.source,
      });
    return fresh.length;
  });
}

async function isKnown({ em, market: { finnhub } }: JobContext, symbol: string, signal: AbortSignal): Promise<boolean> {
  return (await isStored(em, symbol)) || finnhub.isListed(symbol, signal);
}

async function isStored(em: EntityManager, symbol: string): Promise<boolean> {
  const found =
    (await em.findOne(NewsCoverage, { symbol }, { disableIdentityMap: true })) ??
    (await em.findOne(StockQuote, { symbol }, { disableIdentityMap: true })) ??
    (await em.findOne(CompanyProfile, { symbol }, { disableIdentityMap: true }));
  return found !== null;
}
