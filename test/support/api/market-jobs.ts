import type { z } from 'zod';
import type { Job } from '../../../src/jobs/define-job.ts';
import type { Lane } from '../../../src/jobs/queues.ts';
import type { JobContext } from '../../../src/context.ts';
import { openCache } from '../../../src/market/cache.ts';
import { openFailedFetches } from '../../../src/market/failed-fetches.ts';
import { type FakeAnswers, fakeFinnhub } from '../upstreams/fake-finnhub.ts';
import { performJob } from './perform-job.ts';
import { until } from '../processes/process.ts';
import { readStream } from '../stores/stream-entries.ts';
import { openTestApi, type TestApi } from './test-api.ts';

/** Jobs of market data on real MySQL and Redis, with upstreams that the test writes and a clock that it moves. */
export type MarketDesk = TestApi &
  Readonly<{
    /** Runs a job that somebody has just asked for under `name`, if one is given. */
    run<P extends z.ZodType, R extends z.ZodType>(
      job: Job<P, R>,
      payload: z.input<P>,
      options?: RunOptions,
    ): Promise<z.output<R>>;
    /** Every event of the market stream that has left by now. */
    events(): Promise<{ type: string; subject: string; data: unknown }[]>;
    now(): Date;
    /** Lets the clock stand this much later. */
    pass(ms: number): void;
  }>;

/** How a run differs from the usual. */
export type RunOptions = Readonly<{
  /** What is asked for; without it nobody has asked. */
  wanted?: string;
  /** In which lane; the first unless told otherwise. */
  lane?: Lane;
  finnhub?: FakeAnswers;
  id?: string;
  askedAtMs?: number;
  /** What else of the market is the test's own. */
  with?: Partial<JobContext['market']>;
}>;

/** Opens the desk at a quarter past ten; `env` is laid over the test's environment. */
export async function openMarketDesk(env: Readonly<Record<string, string>> = {}): Promise<MarketDesk> {
  const opened = await openTestApi({ FINNHUB_API_KEY: 'test', FOREX_FALLBACK_URL: 'http://127.0.0.1:1/rates', ...env });
  await until('Redis is there', () => (opened.ctx.redis.status === 'ready' ? true : undefined));
  let nowMs = Date.parse('2026-11-22T10:15:00.000Z');
  const now = () => new Date(nowMs);
  const { redis } = opened.ctx;
  const clocked = {
    cache: openCache(redis, now),
    failedFetches: openFailedFetches(redis, () => nowMs),
    present: async () => now(),
  };
  const api = { ...opened, ctx: { ...opened.ctx, now, market: { ...opened.ctx.market, ...clocked } } };
  return {
    ...api,
    async run(job, payload, { wanted, lane, finnhub = {}, askedAtMs = nowMs, with: more = {}, ...attempt } = {}) {
      if (wanted !== undefined) await api.ctx.market.asks.admit(wanted, lane);
      const market = { ...api.ctx.market, finnhub: fakeFinnhub(finnhub), ...more };
      const ctx = { ...api.ctx.jobs.fork(), now, market };
      return performJob(job, payload, ctx, { askedAtMs, ...attempt });
    },
    async events() {
      await api.ctx.events.relay.idle();
      return (await readStream(api.ctx.redis, 'market')).map(({ type, subject, data }) => ({
        type,
        subject,
        data: JSON.parse(data),
      }));
    },
    now,
    pass(ms) {
      nowMs += ms;
    },
  };
}
