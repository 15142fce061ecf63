import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { TickSpan } from '../../entities/ticks.entity.ts';
import { parseMoment } from '../../mysql/values.ts';
import type { TimeSpan } from '../market-store.ts';
import { priceTable } from '../price.ts';

/** A time of which trades may be missing; `observed` says how many prices were asked for and stored in it. */
export type TickHole = Readonly<{ fromMs: number; toMs: number; observed: number }>;

/** How much of a span is known trade by trade; what is neither covered nor a hole is too young for either. */
export type Completeness = Readonly<{
  coveredMs: number;
  /** Up to when trades are complete; undefined: not at all in this span. */
  coveredUntilMs: number | undefined;
  holes: readonly TickHole[];
}>;

/** The most holes of one answer. */
export const mostHoles = 500;

// A provider of which no symbol is traded says something once a minute, by which alone is known that nothing was missed.
const youngMs = 75_000;
const Rows = z.array(z.object({ began_at: z.string(), ended_at: z.string() }));
const Counts = z.array(z.object({ observed: z.coerce.number() }));

type Stretch = Readonly<{ fromMs: number; toMs: number }>;

/** How complete the ticks of a symbol are in a span; undefined: it has more holes than one answer holds. */
export async function completenessOf(
  em: EntityManager,
  symbol: string,
  { from, to }: TimeSpan,
  now: Date,
): Promise<Completeness | undefined> {
  const { tableName } = em.getMetadata(TickSpan);
  const rows = Rows.parse(
    await em.execute(
      `select began_at, ended_at from ${tableName} where symbol = ? and began_at < ? and ended_at > ? order by began_at limit ?`,
      [symbol, to, from, mostHoles],
    ),
  );
  if (rows.length === mostHoles) return undefined;
  const covered = joined(
    rows.map((row) => ({
      fromMs: Math.max(parseMoment(row.began_at).getTime(), from.getTime()),
      toMs: Math.min(parseMoment(row.ended_at).getTime(), to.getTime()),
    })),
  );
  const last = covered.at(-1)?.toMs;
  const isYoung = last !== undefined && last < to.getTime() && last > now.getTime() - youngMs;
  const endMs = isYoung ? last : Math.min(to.getTime(), now.getTime());
  const holes = between(covered, from.getTime(), endMs);
  const observed = await countObserved(em, symbol, holes);
  return {
    coveredMs: covered.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    coveredUntilMs: last,
    holes: holes.map((hole, index) => ({ ...hole, observed: observed[index] ?? 0 })),
  };
}

/** Stretches in order, those that touch as one. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const all: Stretch[] = [];
  for (const next of stretches) {
    const last = all.at(-1);
    if (last && next.fromMs <= last.toMs)
      all[all.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, next.toMs) };
    else all.push(next);
  }
  return all;
}

/** What lies between them. */
function between(covered: readonly Stretch[], fromMs: number, toMs: number): Stretch[] {
  const edges = [fromMs, ...covered.flatMap((stretch) => [stretch.fromMs, stretch.toMs]), toMs];
  return Array.from({ length: edges.length / 2 }, (_, index) => ({
    fromMs: edges[index * 2] ?? toMs,
    toMs: edges[index * 2 + 1] ?? toMs,
  })).filter((hole) => hole.toMs > hole.fromMs);
}

async function countObserved(em: EntityManager, symbol: string, holes: readonly Stretch[]): Promise<number[]> {
  if (holes.length === 0) return [];
  const { tableName } = em.getMetadata(priceTable(symbol));
  const sql = holes.map(
    () => `select count(*) as observed from ${tableName} where symbol = ? and observed_at >= ? and observed_at < ?`,
  );
  const values = holes.flatMap(({ fromMs, toMs }) => [symbol, new Date(fromMs), new Date(toMs)]);
  return Counts.parse(await em.execute(sql.join(' union all '), values)).map(({ observed }) => observed);
}
