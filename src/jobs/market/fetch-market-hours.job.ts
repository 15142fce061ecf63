import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { RateLimited } from '../../errors.ts';
import { askEveryMs } from '../../market/hours.ts';
import { lookOnce } from '../../market/look-once.ts';
import { defineJob } from '../define-job.ts';
import { finnhub as queue } from '../queues.ts';

const holidaysName = 'market-holidays';
// An odd answer about days that are known for a year is no reason to ask with every run.
const holidaysAgainMs = 3_600_000;

/**
 * Asks whether shares are traded, as long as any is watched, and once a day when they will not be. What the provider does
 * not say, because the plan does not include it or because it is away, the calendar has to answer.
 */
export const fetchMarketHours = defineJob(
  {
    kind: 'fetch-market-hours',
    summary: 'Ask whether the exchanges are open, for those who poll shares.',
    queue,
    payload: z.object({}),
    result: z.object({ market: z.enum(['open', 'closed', 'unknown']) }),
    attempts: 1,
    backoffMs: 1_000,
    timeoutMs: 8_000,
    lane: 'watchlist',
    schedules: async ({ market: { watchlist } }: JobContext) => {
      const watched = watchlist.isPolled ? await watchlist.all() : [];
      return watched.some(({ kind }) => kind === 'stock') ? [{ key: 'US', payload: {}, everyMs: askEveryMs }] : [];
    },
  },
  // A second run learns the same, or what is true by then.
  async ({ signal }, { market: { finnhub, hours, failedFetches }, now, log }: JobContext) => {
    try {
      const isOpen = await finnhub.isMarketOpen(signal);
      await hours.learn(isOpen);
      if (!(await hours.knowsHolidays(now())) && (await failedFetches.leftMs(holidaysName)) === 0) {
        const look = { name: holidaysName, signal, forMs: async () => holidaysAgainMs };
        const holidays = await lookOnce(failedFetches, look, () => finnhub.holidays(signal));
        await hours.learnHolidays(
          holidays.map(({ atDate: day, tradingHour }) => ({ day, tradingHour })),
          now(),
        );
      }
      return { market: isOpen ? 'open' : 'closed' };
    } catch (error) {
      if (error instanceof RateLimited) throw error;
      // There is a calendar to go by, and the next run asks again.
      log.debug({ err: error }, 'market hours: not learnt');
      return { market: 'unknown' };
    }
  },
);
