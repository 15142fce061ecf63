import { z } from 'zod';
import { WatchedSymbol } from '../../entities/market.entity.ts';
import { Symbol } from '../../market/symbol.ts';
import { latestBelieved } from '../../market/copy.ts';
import { closedEveryMs } from '../../market/hours.ts';
import { priceOf } from '../../market/data/quote.market.ts';
import { copyName } from '../../market/market-data.ts';
import { lastPolledMs, slotBegan, slotOffsetMs } from '../../market/polling.ts';
import type { JobContext } from '../../context.ts';
import { defineJob } from '../define-job.ts';
import { upkeep as queue } from '../queues.ts';

const Outcome = z.enum(['asked', 'current', 'closed', 'not_watched', 'unknown_symbol', 'market_busy']);

/**
 * Asks for the price of a watched symbol at each of its slots, of a share rarely while its market is closed. The fetch
 * waits behind everything that people ask for; one that the plan has no room for within 30 s is left out, and the next
 * slot asks again.
 */
export const pollSymbol = defineJob(
  {
    kind: 'poll-symbol',
    summary: 'Ask for the price of a watched symbol.',
    queue,
    payload: z.object({ symbol: Symbol }),
    result: z.object({ symbol: z.string(), outcome: Outcome }),
    attempts: 1,
    backoffMs: 1_000,
    timeoutMs: 5_000,
    coalesceBy: ({ symbol }) => symbol,
    schedules: async ({ market: { watchlist } }: JobContext) =>
      (watchlist.isPolled ? await watchlist.all() : []).map((watched) => ({
        key: watched.symbol,
        payload: { symbol: watched.symbol },
        everyMs: watched.everySeconds * 1_000,
        offsetMs: slotOffsetMs(watched),
      })),
  },
  // A second run joins the fetch of the first, or finds the slot's call made: the fetch claims it in MySQL.
  async ({ payload: { symbol } }, ctx: JobContext) => {
    const {
      market: { asks, cache },
      jobs: { enqueue },
    } = ctx;
    const price = priceOf(symbol);
    const name = copyName(price, { symbol });
    const idle = await reasonToWait(symbol, ctx);
    if (idle) return { symbol, outcome: idle };
    if (await cache.isUnknown(name)) return { symbol, outcome: 'unknown_symbol' };
    if (!(await asks.admit(name, 'watchlist'))) return { symbol, outcome: 'market_busy' };
    await enqueue(price.job, { symbol, poll: true }, { lane: 'watchlist' });
    return { symbol, outcome: 'asked' };
  },
);

/** Why a watched symbol need not be asked for in this slot, if there is a reason. */
async function reasonToWait(symbol: string, { em, market: { cache, hours, present } }: JobContext) {
  const watched = await em.findOne(WatchedSymbol, { symbol }, { disableIdentityMap: true });
  if (!watched) return 'not_watched';
  const at = await present(em);
  const began = slotBegan(watched, at.getTime());
  const polledAtMs = lastPolledMs(watched, at);
  const observedAtMs = (await cache.read(copyName(priceOf(symbol), { symbol })))?.observedAtMs ?? 0;
  // Somebody's fetch within the slot is as good as a poll, unless the clock was ahead by which it was stored.
  const seenAtMs = observedAtMs > latestBelieved(at) ? 0 : observedAtMs;
  if (Math.max(polledAtMs, seenAtMs) >= began) return 'current';
  if (watched.kind === 'crypto' || (await hours.isOpen(at))) return undefined;
  return at.getTime() - polledAtMs < closedEveryMs ? 'closed' : undefined;
}
