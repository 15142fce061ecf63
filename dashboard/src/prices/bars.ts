import { ask } from '../api/ask-api.ts';
import type { Quote } from './quote.ts';

/** What a price did within one interval, which begins at `t`, UNIX seconds. */
export type Bar = Readonly<{ t: number; o: number; h: number; l: number; c: number }>;

/** The lengths of a bar that the API knows, each with its seconds and how far back the page looks in it. */
export const intervals = {
  '1m': { seconds: 60, hours: 6, words: '1 minute' },
  '5m': { seconds: 300, hours: 24, words: '5 minutes' },
  '15m': { seconds: 900, hours: 72, words: '15 minutes' },
  '1h': { seconds: 3_600, hours: 14 * 24, words: '1 hour' },
  '1d': { seconds: 86_400, hours: 365 * 24, words: '1 day' },
} as const;

/** The length of a bar. */
export type Interval = keyof typeof intervals;

/** The stored bars of a symbol, oldest first. */
export async function readBars(symbol: string, interval: Interval): Promise<readonly Bar[]> {
  const from = new Date(Date.now() - intervals[interval].hours * 3_600_000).toISOString();
  const path = `/market/bars?symbol=${encodeURIComponent(symbol)}&interval=${interval}&from=${from}`;
  const { data } = await ask<{ data: Bar[] }>('GET', path);
  return data;
}

/** The bar of a single price. */
export function barOf({ as_of, c }: Pick<Quote, 'as_of' | 'c'>, interval: Interval): Bar {
  const { seconds } = intervals[interval];
  return { t: Math.floor(Date.parse(as_of) / 1_000 / seconds) * seconds, o: c, h: c, l: c, c };
}

/** Two parts of one interval together; `late` ends no earlier than `early`. */
export function joinBars(early: Bar, late: Bar): Bar {
  return { ...early, h: Math.max(early.h, late.h), l: Math.min(early.l, late.l), c: late.c };
}
