import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { CryptoData } from '../entities/crypto-data.entity.ts';
import { StockQuote } from '../entities/stock-quote.entity.ts';
import { defineJob } from './define-job.ts';
import { upkeep as queue } from './queues.ts';

const keptDays = 400; // A year of bars, and a month to look at it.
// Locks are held for the time of one statement; fetches must not wait for housekeeping.
const batch = 1_000;
const mostBatches = 100;

type Series = Readonly<{ tableName: string; symbol: string; before: Date }>;

/**
 * Deletes prices observed more than 400 days ago, up to 100,000 a run; what is left waits for the next. The last price of
 * a symbol stays however old it is: it is the stored copy that people get when the provider is away.
 */
export const pruneMarket = defineJob(
  {
    kind: 'prune-market',
    summary: 'Delete prices observed more than 400 days ago.',
    queue,
    payload: z.object({}),
    result: z.object({ deleted: z.int().nonnegative() }),
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    everyMs: 3_600_000,
  },
  async ({ signal }, { em, transaction, now }) => {
    // What is old stays old: a second run, or one beside it, finds less to delete and nothing else.
    const limit = new Date(now().getTime() - keptDays * 86_400_000);
    let [deleted, batches] = [0, 0];
    for (const series of await oldSeries(em, limit))
      for (let some = batch; some === batch && batches < mostBatches && !signal.aborted; batches += 1) {
        some = await transaction((tx) => deleteSome(tx, series));
        deleted += some;
      }
    return { deleted };
  },
);

/** The symbols with old prices, each with the moment before which they may go. */
async function oldSeries(em: EntityManager, limit: Date): Promise<Series[]> {
  const found: Series[] = [];
  for (const { tableName } of [em.getMetadata(StockQuote), em.getMetadata(CryptoData)]) {
    // By the index alone, one step a symbol.
    const rows = await em.execute<Readonly<{ symbol: string; oldest: string; newest: string }>[]>(
      `select symbol, min(observed_at) as oldest, max(observed_at) as newest from ${tableName} group by symbol`,
    );
    for (const { symbol, oldest, newest } of rows) {
      const before = new Date(Math.min(limit.getTime(), timeOf(newest)));
      if (timeOf(oldest) < before.getTime()) found.push({ tableName, symbol, before });
    }
  }
  return found;
}

/** MySQL's times come as text, in UTC. */
function timeOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

async function deleteSome(tx: EntityManager, { tableName, symbol, before }: Series): Promise<number> {
  const { affectedRows } = await tx.execute<{ affectedRows: number }>(
    `delete from ${tableName} where symbol = ? and observed_at < ? order by observed_at limit ${batch}`,
    [symbol, before],
    'run',
  );
  return affectedRows;
}
