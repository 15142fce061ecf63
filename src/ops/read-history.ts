import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { QueueMinute } from '../entities/ops.entity.ts';
import { parseMoment } from '../mysql/values.ts';
import { latestMs } from '../process/moment.ts';
import { percentile } from './lengths.ts';

/** By what the history of a queue is told, and how long that is, ms. */
export const steps = { minute: 60_000, hour: 3_600_000 } as const;
/** One of them. */
export type Step = keyof typeof steps;
/** What rows by the minute are grouped by. */
export const stepColumns = { minute: '`minute`', hour: 'date(`minute`), hour(`minute`)' } as const;

/** What ended in some time; percentiles in seconds, null when nothing did. */
export type Ended = Readonly<{
  done: number;
  failed: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}>;

const Sums = z.array(
  z.object({ at: z.string(), length: z.number(), done: z.coerce.number(), failed: z.coerce.number() }),
);
type Sum = Readonly<{ atMs: number; length: number; done: number; failed: number }>;

/** What ended in a queue, step by step, also where it was nothing, and altogether. The span is cut to whole steps. */
export async function readHistory(
  em: EntityManager,
  { queue, by, from, to }: Readonly<{ queue: string; by: Step; from: Date; to: Date }>,
) {
  const span = spanInSteps(by, from, to);
  const sums = await readSums(em, { queue, by, from: span.from, to: span.to });
  const byStep = Map.groupBy(sums, ({ atMs }) => startOf(atMs, steps[by]));
  const data = span.starts.map((atMs) => ({ at: new Date(atMs).toISOString(), ...ended(byStep.get(atMs) ?? []) }));
  return { from: span.from, to: span.to, total: ended(sums), data };
}

/** The whole steps that hold a span, and the beginning of each; none ends later than the last time that there is. */
export function spanInSteps(by: Step, from: Date, to: Date) {
  const stepMs = steps[by];
  const [firstMs, endMs] = [startOf(from.getTime(), stepMs), startOf(to.getTime(), stepMs) + stepMs];
  const starts = Array.from({ length: (endMs - firstMs) / stepMs }, (_, index) => firstMs + index * stepMs);
  return { from: new Date(firstMs), to: new Date(Math.min(endMs, latestMs)), starts };
}

async function readSums(
  em: EntityManager,
  { queue, by, from, to }: Readonly<{ queue: string; by: Step; from: Date; to: Date }>,
): Promise<readonly Sum[]> {
  const answer: unknown = await em.execute(
    `select min(\`minute\`) as at, \`length\`, sum(\`done\`) as done, sum(\`failed\`) as failed
     from \`${em.getMetadata(QueueMinute).tableName}\` where \`minute\` >= ? and \`minute\` < ? and \`queue\` = ?
     group by ${stepColumns[by]}, \`length\``,
    [from, to, queue],
  );
  return Sums.parse(answer).map(({ at, ...sum }) => ({ atMs: parseMoment(at).getTime(), ...sum }));
}

function ended(sums: readonly Sum[]): Ended {
  const counted = sums.map(({ length, done, failed }) => ({ length, count: done + failed }));
  return {
    done: sums.reduce((total, { done }) => total + done, 0),
    failed: sums.reduce((total, { failed }) => total + failed, 0),
    p50: percentile(counted, 50),
    p95: percentile(counted, 95),
    p99: percentile(counted, 99),
  };
}

/** When the step of a moment begins. */
export function startOf(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}
