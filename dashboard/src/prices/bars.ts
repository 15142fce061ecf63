import { ask } from '../api/ask-api.ts';
import { toldNow } from '../api/server-clock.ts';
import type { Quote } from './quote.ts';

/** What a price did within one interval, which begins at `t`, UNIX seconds, and how many observations that is made of. */
export type Bar = Readonly<{ t: number; o: number; h: number; l: number; c: number; n: number }>;

/** The lengths of a bar that the API knows, each with its seconds and the range that is looked at unless one is chosen. */
export const intervals = {
  '1m': { seconds: 60, usual: '6h', words: '1 minute' },
  '5m': { seconds: 300, usual: '1d', words: '5 minutes' },
  '15m': { seconds: 900, usual: '3d', words: '15 minutes' },
  '1h': { seconds: 3_600, usual: '2w', words: '1 hour' },
  '1d': { seconds: 86_400, usual: '1y', words: '1 day' },
} as const;

/** How far back the page looks, in hours. */
export const ranges = {
  '6h': { hours: 6, words: 'the last 6 hours' },
  '1d': { hours: 24, words: 'the last day' },
  '3d': { hours: 72, words: 'the last 3 days' },
  '2w': { hours: 14 * 24, words: 'the last 2 weeks' },
  '1y': { hours: 365 * 24, words: 'the last year' },
} as const;

/** The length of a bar. */
export type Interval = keyof typeof intervals;
/** How far back. */
export type Range = keyof typeof ranges;
/** What a chart shows. */
export type Stretch = Readonly<{ interval: Interval; range: Range }>;

/** The names of all lengths and of all ranges, the short ones first. */
export const intervalNames = Object.keys(intervals).filter((name): name is Interval => name in intervals);
export const rangeNames = Object.keys(ranges).filter((name): name is Range => name in ranges);

// Fewer are no chart, and more the API does not answer.
const [fewest, most] = [6, 1_500];

/** With bars of another length: as far back as before where that makes a chart. */
export function withInterval({ range }: Stretch, interval: Interval): Stretch {
  return fits({ interval, range }) ? { interval, range } : { interval, range: intervals[interval].usual };
}

/** As far back as somebody wants: with the bars of before where those make a chart, else with those that usually do. */
export function withRange({ interval }: Stretch, range: Range): Stretch {
  if (fits({ interval, range })) return { interval, range };
  return { interval: intervalNames.find((name) => intervals[name].usual === range) ?? '1d', range };
}

function fits({ interval, range }: Stretch): boolean {
  const count = (ranges[range].hours * 3_600) / intervals[interval].seconds;
  return count >= fewest && count <= most;
}

/** The stored bars of a symbol, oldest first, and up to when they tell all that was observed. */
export async function readBars(symbol: string, { interval, range }: Stretch) {
  const from = new Date((await toldNow()) - ranges[range].hours * 3_600_000).toISOString();
  const path = `/market/bars?symbol=${encodeURIComponent(symbol)}&interval=${interval}&from=${from}`;
  return ask<Readonly<{ to: string; data: readonly Bar[] }>>('GET', path);
}

/** The bar of a single price. */
export function barOf({ as_of, c }: Pick<Quote, 'as_of' | 'c'>, interval: Interval): Bar {
  const { seconds } = intervals[interval];
  return { t: Math.floor(Date.parse(as_of) / 1_000 / seconds) * seconds, o: c, h: c, l: c, c, n: 1 };
}

/** Two parts of one interval together; `late` ends no earlier than `early`. */
export function joinBars(early: Bar, late: Bar): Bar {
  return { ...early, h: Math.max(early.h, late.h), l: Math.min(early.l, late.l), c: late.c, n: early.n + late.n };
}
