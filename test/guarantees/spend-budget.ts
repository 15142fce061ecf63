import { setTimeout as sleep } from 'node:timers/promises';
import { type Platform, startPlatform } from '../platform.ts';
import { busiest, demandQuotes } from './demand.ts';

/** What endless demand did to the plan's windows, by the sandbox's own log of arrivals. */
export type Spending = Readonly<{ refused: number; busiestWindow: number; busiestSecond: number; used: number }>;

/** Four workers that share a 60/30 plan with a window of this length, and a Redis of their own. */
export type Spenders = Readonly<{
  /**
   * Lets them meet endless demand for some windows. `used` is the share of all calls that these allow; the rest tells of
   * everything since the start.
   */
  spend(windows: number, disturb?: (platform: Platform, windowMs: number) => Promise<void>): Promise<Spending>;
  stop(): Promise<void>;
}>;

const perWindow = 60;

/** Starts them. */
export async function startSpenders(windowMs: number): Promise<Spenders> {
  const env = { FINNHUB_PER_MINUTE: String(perWindow), FINNHUB_WINDOW_MS: String(windowMs), QUOTE_TTL_SECONDS: '0' };
  const platform = await startPlatform({ workers: 4, ownRedis: true, env });
  const arrivals = () => platform.sandbox.arrivals('finnhub');
  return {
    async spend(windows, disturb = async () => {}) {
      const before = (await arrivals()).length;
      const enough = new AbortController();
      const demand = demandQuotes(platform.url, enough.signal);
      await Promise.all([sleep(windows * windowMs + 500), disturb(platform, windowMs)]);
      enough.abort();
      await demand;
      const all = await arrivals();
      const times = all.map(({ at_ms }) => at_ms);
      const first = times[before] ?? 0;
      return {
        refused: all.filter(({ status }) => status === 429).length,
        busiestWindow: busiest(times, windowMs),
        busiestSecond: busiest(times, 1_000),
        used: times.slice(before).filter((at) => at < first + windows * windowMs).length / (perWindow * windows),
      };
    },
    stop: () => platform.stop(),
  };
}

/** Two workers killed, Redis emptied, and Redis killed and started again, within little more than a window. */
export async function mishaps(platform: Platform, windowMs: number): Promise<void> {
  const replaceWorker = async () => {
    await platform.workers.shift()?.signal('SIGKILL');
    await platform.startWorker();
  };
  await sleep(windowMs / 3);
  await replaceWorker();
  await sleep(windowMs / 4);
  await platform.redis.flushall();
  await sleep(windowMs / 3);
  await platform.redisServer?.process().signal('SIGKILL');
  await platform.redisServer?.restart();
  await sleep(windowMs / 4);
  await replaceWorker();
}
