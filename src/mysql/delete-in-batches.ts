import type { EntityManager } from '@mikro-orm/mysql';

/** Deletes at most {@link batch} rows whose time is over, and returns how many they were. */
export type DeleteSome = (tx: EntityManager) => Promise<number>;

/** Locks are held for the time of one statement: others must not wait for housekeeping. */
export const batch = 1_000;
const mostBatches = 100;

/**
 * Deletes what is old a batch at a time, each in a transaction of its own, at most 100,000 rows of a kind; what is left when that is
 * reached, or the time is up, waits for the next run. Returns how many rows are gone.
 */
export async function deleteInBatches(
  deletions: readonly DeleteSome[],
  { signal }: Readonly<{ signal: AbortSignal }>,
  { transaction }: Readonly<{ transaction: (work: DeleteSome) => Promise<number> }>,
): Promise<number> {
  let deleted = 0;
  for (const deleteSome of deletions)
    for (let count = 0; count < mostBatches && !signal.aborted; count += 1) {
      const some = await transaction(deleteSome);
      deleted += some;
      if (some < batch) break;
    }
  return deleted;
}

/** Deletes the oldest rows of a table by a column that has an index. */
export function deleteBefore(table: string, column: string, before: Date): DeleteSome {
  const sql = `delete from \`${table}\` where \`${column}\` < ? order by \`${column}\` limit ${batch}`;
  return async (tx) => (await tx.execute<{ affectedRows: number }>(sql, [before], 'run')).affectedRows;
}
