import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { BudgetMinute } from '../entities/ops.entity.ts';
import type { Lane } from '../jobs/queues.ts';
import { parseMoment } from '../mysql/values.ts';
import { spanInSteps, startOf, type Step, stepColumns, steps } from './read-history.ts';

/** Calls by lane. */
export type Calls = Readonly<Record<Lane, number>>;

const Sums = z.array(z.object({ at: z.string(), lane: z.string(), calls: z.coerce.number() }));
type Sum = z.output<typeof Sums>[number];

/** How many calls to the provider were made in each lane, step by step, also where it was none, and altogether. */
export async function readCalls(em: EntityManager, { by, from, to }: Readonly<{ by: Step; from: Date; to: Date }>) {
  const span = spanInSteps(by, from, to);
  const answer: unknown = await em.execute(
    `select min(\`minute\`) as at, \`lane\`, sum(\`calls\`) as calls
     from \`${em.getMetadata(BudgetMinute).tableName}\` where \`minute\` >= ? and \`minute\` < ?
     group by ${stepColumns[by]}, \`lane\``,
    [span.from, span.to],
  );
  const sums = Sums.parse(answer);
  const byStep = Map.groupBy(sums, ({ at }) => startOf(parseMoment(at).getTime(), steps[by]));
  const data = span.starts.map((atMs) => ({
    at: new Date(atMs).toISOString(),
    calls: inLanes(byStep.get(atMs) ?? []),
  }));
  return { from: span.from, to: span.to, total: inLanes(sums), data };
}

function inLanes(sums: readonly Sum[]): Calls {
  const of = (name: Lane) => sums.reduce((total, { lane, calls }) => total + (lane === name ? calls : 0), 0);
  return {
    logged_in: of('logged_in'),
    anonymous_cold: of('anonymous_cold'),
    anonymous_stale: of('anonymous_stale'),
    watchlist: of('watchlist'),
    refresh: of('refresh'),
  };
}
