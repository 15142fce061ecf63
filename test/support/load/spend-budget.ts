import { type Platform, startPlatform } from '../processes/platform.ts';
import { patienceMs, until } from '../processes/process.ts';
import { busiest, demandQuotes } from './demand.ts';

/** What endless demand did to the plan's windows, by the sandbox's own log of arrivals. */
export type Spending = Readonly<{ refused: number; busiestWindow: number; busiestSecond: number; used: number }>;

/** Four workers that share a 60/30 plan with a window of this length, and a Redis of their own. */
export type Spenders = Readonly<{
  /**
   * Lets them meet endless demand until as many calls have been made as so many windows allow. `used` is the share of
   * them that was made in no more time than that; the rest tells of everything since the start.
   */
  spend(windows: number, mishaps?: readonly Mishap[]): Promise<Spending>;
  stop(): Promise<void>;
}>;

/** Something that goes wrong while they spend. */
export type Mishap = (platform: Platform) => Promise<void>;

const perWindow = 60;

/** Starts them. */
export async function startSpenders(windowMs: number): Promise<Spenders> {
  const env = {
    FINNHUB_PER_MINUTE: String(perWindow),
    FINNHUB_WINDOW_MS: String(windowMs),
    QUOTE_TTL_SECONDS: '0',
    // All that four can have under way at once is less than a second allows: a sandbox that has stood still gets it in one moment.
    WORKER_CONCURRENCY_FINNHUB: '6',
  };
  const platform = await startPlatform({ workers: 4, ownRedis: true, env });
  const arrivals = () => platform.sandbox.arrivals('finnhub');
  const haveCalled = (calls: number) =>
    until(
      `${calls} calls`,
      async () => ((await arrivals()).length >= calls ? true : undefined),
      Math.max(patienceMs, 20 * windowMs),
    );
  return {
    async spend(windows, mishaps = []) {
      const before = (await arrivals()).length;
      const enough = new AbortController();
      const demand = demandQuotes(platform.url, enough.signal);
      // Spread over all that is called.
      const share = (windows * perWindow) / (mishaps.length + 1);
      for (const [index, mishap] of mishaps.entries()) {
        await haveCalled(before + Math.floor((index + 1) * share));
        await mishap(platform);
      }
      await haveCalled(before + windows * perWindow);
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

const replaceWorker: Mishap = async (platform) => {
  await platform.workers.shift()?.signal('SIGKILL');
  await platform.startWorker();
};

/** Two workers killed, Redis emptied, and Redis killed and started again. */
export const mishaps: readonly Mishap[] = [
  replaceWorker,
  async ({ redis }) => void (await redis.flushall()),
  async ({ redisServer }) => {
    await redisServer?.process().signal('SIGKILL');
    await redisServer?.restart();
  },
  replaceWorker,
];
