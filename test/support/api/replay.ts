import type { EntityManager } from '@mikro-orm/mysql';
import type { Bar } from '../../../src/market/bars.ts';
import { priceTable } from '../../../src/market/price.ts';

/** A price at a moment, UNIX milliseconds. */
export type Observation = Readonly<{ at: number; price: number }>;

/** Stores the observations of a symbol with one statement: row by row it would take most of a test's time. */
export async function replay(em: EntityManager, symbol: string, walk: readonly Observation[]): Promise<void> {
  const rows = JSON.stringify(walk.map(({ at, price }) => [at, price]));
  const { tableName } = em.getMetadata(priceTable(symbol));
  await em.execute(
    `insert into ${tableName}
       (symbol, job_id, current, high, low, open, previous_close, quoted_at, observed_at, source)
     select ?, concat(?, '-', nth), price, price, price, price, price, at div 1000,
       timestampadd(microsecond, at * 1000, '1970-01-01'), 'finnhub'
     from json_table(?, '$[*]' columns (nth for ordinality, at bigint path '$[0]', price decimal(20, 8) path '$[1]')) walk
     order by nth`,
    [symbol, symbol, rows],
  );
}

/** The bars of observations in the order of time, one observation after the other. */
export function recompute(walk: readonly Observation[], lengthMs: number): Bar[] {
  const bars: Bar[] = [];
  for (const { at, price } of walk) {
    const t = (Math.floor(at / lengthMs) * lengthMs) / 1_000;
    const last = bars.at(-1);
    if (last?.t !== t) bars.push({ t, o: price, h: price, l: price, c: price, n: 1 });
    else
      bars[bars.length - 1] = {
        ...last,
        h: Math.max(last.h, price),
        l: Math.min(last.l, price),
        c: price,
        n: last.n + 1,
      };
  }
  return bars;
}
