import type { EntityManager } from '@mikro-orm/mysql';
import { loadMarketData } from '../../market/load-market-data.ts';
import type { Pruned } from '../../market/market-store.ts';
import { prunedTicks } from '../../market/ticks/store-ticks.ts';
import { batch, type DeleteSome } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

// A year of bars, and a month to look at it; the provider's own news go back for a year.
const keptDays = 400;
const dayMs = 86_400_000;

/**
 * Deletes what each kind of market data has kept for more than 400 days, and trades by the second after two. The last observation
 * of a series stays however old it is: it is the stored copy that people get when the provider is away.
 */
export const pruneMarket = definePrune(
  { kind: 'prune-market', summary: 'Delete market data of more than 400 days ago.' },
  async ({ em, now }) => {
    const all = [...(await loadMarketData()).flatMap(({ store }) => store.pruned), ...prunedTicks];
    const deletions: DeleteSome[] = [];
    for (const series of all) {
      const limit = new Date(now().getTime() - (series.keptDays ?? keptDays) * dayMs);
      deletions.push(...(await oldSeries(em, series, limit)));
    }
    return deletions;
  },
);

/** One deletion for each name that has old rows, found by the index alone, one step a name. */
async function oldSeries(
  em: EntityManager,
  { table, name, moment, staysLast, before: isOldBefore }: Pruned,
  limit: Date,
): Promise<DeleteSome[]> {
  const before = isOldBefore(limit);
  const found = await em.execute<Readonly<{ name: string; newest: string | number }>[]>(
    `select ${name} as name, max(${moment}) as newest from ${table} group by ${name}
     having min(${moment}) < ? ${staysLast ? `and min(${moment}) < max(${moment})` : ''}`,
    [before],
  );
  const sql = `delete from ${table} where ${name} = ? and ${moment} < ? ${staysLast ? `and ${moment} < ?` : ''}
    order by ${moment} limit ${batch}`;
  return found.map((series) => async (tx) => {
    const values = [series.name, before, ...(staysLast ? [series.newest] : [])];
    return (await tx.execute<{ affectedRows: number }>(sql, values, 'run')).affectedRows;
  });
}
