import { z } from 'zod';
import { isCrypto } from '../market/crypto-symbol.ts';
import { quoteName } from '../market/quote-copy.ts';
import { Symbol } from '../market/symbol.ts';
import { defineJob } from './define-job.ts';
import { fetchCrypto } from './fetch-crypto.job.ts';
import { fetchQuote } from './fetch-quote.job.ts';
import { upkeep as queue } from './queues.ts';

/**
 * Asks for the price of a watched symbol at each of its slots. The fetch waits behind everything that people ask for;
 * one that the plan has no room for within 30 s is left out, and the next slot asks again.
 */
export const pollSymbol = defineJob(
  {
    kind: 'poll-symbol',
    summary: 'Ask for the price of a watched symbol.',
    queue,
    payload: z.object({ symbol: Symbol }),
    result: z.object({ symbol: z.string(), outcome: z.enum(['asked', 'unknown_symbol', 'market_busy']) }),
    attempts: 1,
    backoffMs: 1_000,
    timeoutMs: 5_000,
    schedules: ({ watchlist }) =>
      watchlist.symbols.map((symbol) => ({ payload: { symbol }, key: symbol, everyMs: watchlist.everyMs })),
  },
  // A second run joins the fetch of the first.
  async ({ payload: { symbol } }, { asks, cache, enqueue }) => {
    const name = quoteName(symbol);
    if (await cache.isUnknown(name)) return { symbol, outcome: 'unknown_symbol' };
    if (!(await asks.admit(name))) return { symbol, outcome: 'market_busy' };
    await enqueue(isCrypto(symbol) ? fetchCrypto : fetchQuote, { symbol }, { isBackground: true });
    return { symbol, outcome: 'asked' };
  },
);
