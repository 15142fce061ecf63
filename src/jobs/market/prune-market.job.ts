import type { EntityManager } from '@mikro-orm/mysql';
import type { JobContext } from '../../context.ts';
import { z } from 'zod';
import { CryptoData, ForexRate, MarketNews, NewsCoverage, StockQuote } from '../../entities/market.entity.ts';
import { defineJob } from '../define-job.ts';
import { batch, deleteInBatches, type DeleteSome } from '../../mysql/delete-in-batches.ts';
import { upkeep as queue } from '../queues.ts';

// A year of bars, and a month to look at it; the provider's own news go back for a year.
const keptDays = 400;
const dayMs = 86_400_000;

/** A table of which each name's rows are a series in time: the columns of its index, and whether the last row stays. */
type Kind = Readonly<{
  table: string;
  name: string;
  moment: string;
  before: Date | number | string;
  staysLast: boolean;
}>;

/**
 * Deletes prices, rates and news of more than 400 days ago. The last price and the last rates stay however old they are:
 * they are the stored copies that people get when the provider is away.
 */
export const pruneMarket = defineJob(
  {
    kind: 'prune-market',
    summary: 'Delete prices, rates and news of more than 400 days ago.',
    queue,
    payload: z.object({}),
    result: z.object({ deleted: z.int().nonnegative() }),
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    everyMs: 3_600_000,
  },
  async (attempt, ctx: JobContext) => {
    // What is old stays old: a second run, or one beside it, finds less to delete and nothing else.
    const limit = new Date(ctx.now().getTime() - keptDays * dayMs);
    const deletions: DeleteSome[] = [];
    for (const kind of kindsOf(ctx.em, limit)) deletions.push(...(await oldSeries(ctx.em, kind)));
    return { deleted: await deleteInBatches(deletions, attempt, ctx) };
  },
);

function kindsOf(em: EntityManager, limit: Date): readonly Kind[] {
  const seconds = Math.floor(limit.getTime() / 1_000);
  // Of the limit's own day some news are gone.
  const nextDay = new Date(limit.getTime() + dayMs).toISOString().slice(0, 10);
  const ofSymbol = { name: 'symbol', staysLast: false };
  const prices = { ...ofSymbol, moment: 'observed_at', before: limit, staysLast: true };
  return [
    { ...prices, table: em.getMetadata(StockQuote).tableName },
    { ...prices, table: em.getMetadata(CryptoData).tableName },
    { ...prices, table: em.getMetadata(ForexRate).tableName, name: 'base', moment: 'as_of' },
    // That news were fetched is forgotten first: nobody is told that there were none.
    { ...ofSymbol, table: em.getMetadata(NewsCoverage).tableName, moment: 'from_day', before: nextDay },
    { ...ofSymbol, table: em.getMetadata(MarketNews).tableName, moment: 'published_at', before: seconds },
  ];
}

/** One deletion for each name that has old rows, found by the index alone, one step a name. */
async function oldSeries(em: EntityManager, { table, name, moment, before, staysLast }: Kind): Promise<DeleteSome[]> {
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
