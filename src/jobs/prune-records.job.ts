import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { DeadLetter } from '../entities/dead-letter.entity.ts';
import { EventLog } from '../entities/event-log.entity.ts';
import { IdempotencyKey } from '../entities/idempotency-key.entity.ts';
import { defineJob } from './define-job.ts';
import { upkeep as queue } from './queues.ts';

const hourMs = 3_600_000;
// Locks are held for the time of one statement.
const batch = 1_000;
const mostBatches = 100;

type Prune = (tx: EntityManager, now: Date) => Promise<number>;

/** What is deleted, a batch at a time. Events of orders and products are kept for ever. */
const prunes: readonly Prune[] = [
  // Three days are promised to whoever repeats a request.
  (tx, now) => deleteBefore(tx, tx.getMetadata(IdempotencyKey).tableName, 'created_at', hoursBefore(now, 74)),
  (tx, now) => deleteBefore(tx, tx.getMetadata(DeadLetter).tableName, 'replayed_at', hoursBefore(now, 30 * 24)),
  (tx, now) => deleteEvents(tx, hoursBefore(now, 7 * 24)),
];

/** Deletes stored answers, replayed dead letters and market events whose time is over. A second run finds less to delete. */
export const pruneRecords = defineJob(
  {
    kind: 'prune-records',
    summary: 'Delete stored answers, replayed dead letters and market events whose time is over.',
    queue,
    payload: z.object({}),
    result: z.object({ deleted: z.int().nonnegative() }),
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    everyMs: hourMs,
  },
  async ({ signal }, { transaction, now }) => {
    let deleted = 0;
    for (const prune of prunes)
      for (let count = 0; count < mostBatches && !signal.aborted; count += 1) {
        const some = await transaction((tx) => prune(tx, now()));
        deleted += some;
        if (some < batch) break;
      }
    return { deleted };
  },
);

async function deleteBefore(tx: EntityManager, table: string, column: string, before: Date): Promise<number> {
  const sql = `delete from \`${table}\` where \`${column}\` < ? order by \`${column}\` limit ${batch}`;
  return (await tx.execute<{ affectedRows: number }>(sql, [before], 'run')).affectedRows;
}

// The oldest stand first by position, which has an index; their time has none.
async function deleteEvents(tx: EntityManager, before: Date): Promise<number> {
  const oldest = await tx.find(
    EventLog,
    { stream: 'market' },
    { fields: ['position', 'at'], orderBy: { position: 'asc' }, limit: batch, disableIdentityMap: true },
  );
  const positions = oldest.filter(({ at }) => at < before).map(({ position }) => position);
  return positions.length === 0 ? 0 : tx.nativeDelete(EventLog, { position: { $in: positions } });
}

function hoursBefore(now: Date, hours: number): Date {
  return new Date(now.getTime() - hours * hourMs);
}
