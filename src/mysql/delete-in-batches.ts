import type { EntityManager } from '@mikro-orm/mysql';

/** Deletes at most {@link batch} rows whose time is over, and returns how many they were. */
export type DeleteSome = (tx: EntityManager) => Promise<number>;

/** Locks are held for the time of one statement: others must not wait for housekeeping. */
export const batch = 1_000;
/** Then the next kind has its turn: one of which there is very much must not take all the time there is. */
const batchesOfTurn = 100;

type Limited = Readonly<{ signal: AbortSignal }>;
type Parts = Readonly<{ transaction: (work: DeleteSome) => Promise<number> }>;

/**
 * Deletes what is old a batch at a time, each in a transaction of its own. The kinds have turns of 100,000 rows until nothing is left, or
 * the time is up; what is left then waits for the next run. Returns how many rows are gone.
 */
export async function deleteInBatches(
  deletions: readonly DeleteSome[],
  limited: Limited,
  parts: Parts,
): Promise<number> {
  let deleted = 0;
  let unfinished = deletions;
  while (unfinished.length > 0 && !limited.signal.aborted) {
    const cutOff: DeleteSome[] = [];
    for (const deleteSome of unfinished) {
      const turn = await takeTurn(deleteSome, limited, parts);
      deleted += turn.deleted;
      if (turn.isCutOff) cutOff.push(deleteSome);
    }
    unfinished = cutOff;
  }
  return deleted;
}

/** A batch that is not full is the last. */
async function takeTurn(deleteSome: DeleteSome, { signal }: Limited, { transaction }: Parts) {
  let deleted = 0;
  for (let count = 0; count < batchesOfTurn && !signal.aborted; count += 1) {
    const some = await transaction(deleteSome);
    deleted += some;
    if (some < batch) return { deleted, isCutOff: false };
  }
  return { deleted, isCutOff: true };
}

/** Deletes the oldest rows of a table by a column that has an index. */
export function deleteBefore(table: string, column: string, before: Date): DeleteSome {
  const sql = `delete from \`${table}\` where \`${column}\` < ? order by \`${column}\` limit ${batch}`;
  return async (tx) => (await tx.execute<{ affectedRows: number }>(sql, [before], 'run')).affectedRows;
}
