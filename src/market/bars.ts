import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { TickMinute } from '../entities/ticks.entity.ts';
import type { TimeSpan } from './market-store.ts';
import { priceTable } from './price.ts';

/** The lengths of a bar, in seconds. */
export const barSeconds = { '1m': 60, '5m': 300, '15m': 900, '1h': 3_600, '1d': 86_400 } as const;

/** How long a bar is. */
export type BarInterval = keyof typeof barSeconds;

/**
 * What was observed of a price within one interval, which begins at `t`, UNIX seconds: the first price, the highest, the
 * lowest, the last, and how many there were.
 */
export const Bar = z.object({
  t: z.number(),
  o: z.number(),
  h: z.number(),
  l: z.number(),
  c: z.number(),
  n: z.number(),
});
/** A bar. */
export type Bar = z.output<typeof Bar>;

// The driver gives sums and decimals as text. Which of two parts of a bar is older, their first and last moments say.
const Row = z.record(z.string(), z.coerce.number()).pipe(Bar.extend({ first_ms: z.number(), last_ms: z.number() }));
type Part = z.output<typeof Row>;
type Query = Readonly<{ sql: string; values: readonly (string | number | Date)[] }>;

/** A time without any observation, from `from` up to `to`, UNIX seconds. */
export type Hole = Readonly<{ from: number; to: number }>;

/** The bars of a symbol in a span, oldest first; where nothing was observed there is none. */
export async function barsOf(em: EntityManager, symbol: string, interval: BarInterval, span: TimeSpan): Promise<Bar[]> {
  const read = async ({ sql, values }: Query) => z.array(Row).parse(await em.execute<unknown[]>(sql, [...values]));
  const [observed, traded] = await Promise.all([
    read(barQuery(em, symbol, interval, span)),
    read(tickQuery(em, symbol, interval, span)),
  ]);
  return joinParts([...observed, ...traded]);
}

/** Bars of what was asked for and of what was told, as one. */
function joinParts(parts: readonly Part[]): Bar[] {
  const bars = new Map<number, Part>();
  for (const part of parts) {
    const other = bars.get(part.t);
    bars.set(part.t, other ? join(other, part) : part);
  }
  return [...bars.values()].toSorted((one, other) => one.t - other.t).map((bar) => Bar.parse(bar));
}

function join(one: Part, other: Part): Part {
  return {
    t: one.t,
    o: other.first_ms < one.first_ms ? other.o : one.o,
    h: Math.max(one.h, other.h),
    l: Math.min(one.l, other.l),
    c: other.last_ms >= one.last_ms ? other.c : one.c,
    n: one.n + other.n,
    first_ms: Math.min(one.first_ms, other.first_ms),
    last_ms: Math.max(one.last_ms, other.last_ms),
  };
}

/** The same of trades that a socket told, minute by minute; a minute belongs to a span in which it begins. */
function tickQuery(em: EntityManager, symbol: string, interval: BarInterval, { from, to }: TimeSpan): Query {
  const { tableName } = em.getMetadata(TickMinute);
  const seconds = barSeconds[interval];
  const edge = (price: string, began: string) =>
    `(select ${price} from ${tableName} where symbol = ? and began = ${began})`;
  const sql = `select slot * ${seconds} as t, ${edge('open', 'first_began')} as o, h, l, ${edge('close', 'last_began')} as c, n,
      first_began * 1000 + ${edge('first_ms', 'first_began')} as first_ms, last_began * 1000 + ${edge('last_ms', 'last_began')} as last_ms
    from (
      select began div ${seconds} as slot, min(began) as first_began, max(began) as last_began, max(high) as h, min(low) as l,
        sum(trades) as n
      from ${tableName} where symbol = ? and began >= ? and began <= ? group by slot
    ) bars order by slot`;
  // The whole minute in which the span begins: it would be lost otherwise.
  const [first, last] = [Math.floor(from.getTime() / 60_000) * 60, Math.floor(to.getTime() / 1_000)];
  return { sql, values: [...Array<string>(5).fill(symbol), first, last] };
}

/**
 * The one statement that makes bars: one range of the index of symbol and moment, then for each bar its first and its last
 * price by the same index. Of several observations in one millisecond the order of storing decides.
 */
export function barQuery(em: EntityManager, symbol: string, interval: BarInterval, { from, to }: TimeSpan) {
  const { tableName } = em.getMetadata(priceTable(symbol));
  const seconds = barSeconds[interval];
  // MySQL walks the primary key instead, 30 s for a day of minutes, when it is left the choice.
  const byMoment = `${tableName} force index (${tableName}_symbol_observed_at_index)`;
  const edge = (moment: string, direction: 'asc' | 'desc') =>
    `(select current from ${byMoment} where symbol = ? and observed_at = ${moment} order by id ${direction} limit 1)`;
  // Counted from 1970 by hand: UNIX_TIMESTAMP() would depend on the session's time zone.
  const sql = `select slot * ${seconds} as t, ${edge('first_at', 'asc')} as o, h, l, ${edge('last_at', 'desc')} as c, n,
      timestampdiff(microsecond, '1970-01-01', first_at) div 1000 as first_ms,
      timestampdiff(microsecond, '1970-01-01', last_at) div 1000 as last_ms
    from (
      select timestampdiff(second, '1970-01-01', observed_at) div ${seconds} as slot, min(observed_at) as first_at,
        max(observed_at) as last_at, max(current) as h, min(current) as l, count(*) as n
      from ${byMoment} where symbol = ? and observed_at >= ? and observed_at <= ? group by slot
    ) bars order by slot`;
  return { sql, values: [symbol, symbol, symbol, from, to] };
}

/** The holes between bars. */
export function holesBetween(bars: readonly Bar[], interval: BarInterval): Hole[] {
  const seconds = barSeconds[interval];
  return bars.flatMap(({ t }, index) => {
    const next = bars[index + 1]?.t ?? t;
    return next - t > seconds ? [{ from: t + seconds, to: next }] : [];
  });
}
