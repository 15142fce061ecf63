import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { Token } from '../entities/token.entity.ts';
import { defineJob } from './define-job.ts';
import { upkeep as queue } from './queues.ts';

// Locks are held for the time of one statement; logging in must not wait for housekeeping.
const batch = 1_000;
const mostBatches = 100;

/** Deletes logins that have expired, up to 100,000 a run; what is left waits for the next. */
export const pruneTokens = defineJob(
  {
    kind: 'prune-tokens',
    summary: 'Delete expired logins.',
    queue,
    payload: z.object({}),
    result: z.object({ deleted: z.int().nonnegative() }),
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    everyMs: 3_600_000,
  },
  async ({ signal }, { transaction, now }) => {
    // What has expired stays expired: a second run, or one beside it, finds less to delete and nothing else.
    const before = now();
    let deleted = 0;
    for (let count = 0; count < mostBatches && !signal.aborted; count += 1) {
      const some = await transaction((tx) => deleteSome(tx, before));
      deleted += some;
      if (some < batch) break;
    }
    return { deleted };
  },
);

async function deleteSome(tx: EntityManager, before: Date): Promise<number> {
  const { tableName } = tx.getMetadata(Token);
  const { affectedRows } = await tx.execute<{ affectedRows: number }>(
    `delete from ${tableName} where expires_at <= ? order by expires_at limit ${batch}`,
    [before],
    'run',
  );
  return affectedRows;
}
