import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import type { Span } from './market-store.ts';
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

// The driver gives sums and decimals as text.
const Row = z.record(z.string(), z.coerce.number()).pipe(Bar);

/** A time without any observation, from `from` up to `to`, UNIX seconds. */
export type Hole = Readonly<{ from: number; to: number }>;

/** The bars of a symbol in a span, oldest first; where nothing was observed there is none. */
export async function barsOf(em: EntityManager, symbol: string, interval: BarInterval, span: Span): Promise<Bar[]> {
  const { sql, values } = barQuery(em, symbol, interval, span);
  return z.array(Row).parse(await em.execute<unknown[]>(sql, values));
}

/**
 * The one statement that makes bars: one range of the index of symbol and moment, then for each bar its first and its last
 * price by the same index. Of several observations in one millisecond the order of storing decides.
 */
export function barQuery(em: EntityManager, symbol: string, interval: BarInterval, { from, to }: Span) {
  const { tableName } = em.getMetadata(priceTable(symbol));
  const seconds = barSeconds[interval];
  // MySQL walks the primary key instead, 30 s for a day of minutes, when it is left the choice.
  const byMoment = `${tableName} force index (${tableName}_symbol_observed_at_index)`;
  const edge = (moment: string, direction: 'asc' | 'desc') =>
    `(select current from ${byMoment} where symbol = ? and observed_at = ${moment} order by id ${direction} limit 1)`;
  // Counted from 1970 by hand: UNIX_TIMESTAMP() would depend on the session's time zone.
  const sql = `select slot * ${seconds} as t, ${edge('first_at', 'asc')} as o, h, l, ${edge('last_at', 'desc')} as c, n
    from (
      select timestampdiff(second, '1970-01-01', observed_at) div ${seconds} as slot, min(observed_at) as first_at,
        max(observed_at) as last_at, max(current) as h, min(current) as l, count(*) as n
      from ${byMoment} where symbol = ? and observed_at >= ? and observed_at <= ? group by slot
    ) bars order by slot`;
  return { sql, values: [symbol, symbol, symbol, from, to] };
}

/** The gaps between bars. */
export function gapsBetween(bars: readonly Bar[], interval: BarInterval): Hole[] {
  const seconds = barSeconds[interval];
  return bars.flatMap(({ t }, index) => {
    const next = bars[index + 1]?.t ?? t;
    return next - t > seconds ? [{ from: t + seconds, to: next }] : [];
  });
}
