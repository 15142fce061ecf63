import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform } from '../platform.ts';
import { busiest, demandQuotes } from './demand.ts';

/** What endless demand did to the plan's windows, by the sandbox's own log of arrivals. */
export type Spending = Readonly<{ refused: number; busiestWindow: number; busiestSecond: number; used: number }>;

/** Lets four workers meet endless demand for some windows of a 60/30 plan. `used` is the share of all calls allowed. */
export async function spendBudget(windowMs: number, windows: number): Promise<Spending> {
  const perWindow = 60;
  const env = { FINNHUB_PER_MINUTE: String(perWindow), FINNHUB_WINDOW_MS: String(windowMs), QUOTE_TTL_SECONDS: '0' };
  const platform = await startPlatform({ workers: 4, env });
  try {
    const enough = new AbortController();
    const demand = demandQuotes(platform.url, enough.signal);
    await sleep(windows * windowMs + 500);
    enough.abort();
    await demand;
    const arrivals = await platform.sandbox.arrivals('finnhub');
    const times = arrivals.map(({ at_ms }) => at_ms);
    const first = times[0] ?? 0;
    return {
      refused: arrivals.filter(({ status }) => status === 429).length,
      busiestWindow: busiest(times, windowMs),
      busiestSecond: busiest(times, 1_000),
      used: times.filter((at) => at < first + windows * windowMs).length / (perWindow * windows),
    };
  } finally {
    await platform.stop();
  }
}
