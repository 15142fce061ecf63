import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { Token } from '../../entities/accounts.entity.ts';
import { defineJob } from '../define-job.ts';
import { deleteBefore, deleteInBatches } from '../../mysql/delete-in-batches.ts';
import { upkeep as queue } from '../queues.ts';

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
  async (attempt, ctx: JobContext) => {
    // What has expired stays expired: a second run, or one beside it, finds less to delete and nothing else. It is
    // compared with the next millisecond, because what expires now has expired.
    const before = new Date(ctx.now().getTime() + 1);
    const { tableName } = ctx.em.getMetadata(Token);
    return { deleted: await deleteInBatches([deleteBefore(tableName, 'expires_at', before)], attempt, ctx) };
  },
);
