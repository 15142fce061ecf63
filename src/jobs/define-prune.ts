import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { deleteInBatches, type DeleteSome } from '../mysql/delete-in-batches.ts';
import { defineJob } from './define-job.ts';
import { upkeep as queue } from './queues.ts';

/** What deleting needs of its process. */
export type PruneNeeds = Readonly<{
  em: EntityManager;
  transaction(work: DeleteSome): Promise<number>;
  now(): Date;
}>;

const result = z.object({ deleted: z.int().nonnegative() });

/** Declares a job that deletes what is old once an hour, for a minute at the most; what is left then waits for the next run. */
export function definePrune<Needs extends PruneNeeds = PruneNeeds>(
  { kind, summary }: Readonly<{ kind: string; summary: string }>,
  deletions: (ctx: Needs) => Promise<readonly DeleteSome[]> | readonly DeleteSome[],
) {
  return defineJob(
    {
      kind,
      summary,
      queue,
      payload: z.object({}),
      result,
      attempts: 3,
      backoffMs: 1_000,
      timeoutMs: 60_000,
      everyMs: 3_600_000,
    },
    // What is old stays old: a second run, or one beside it, finds less to delete and nothing else.
    async (attempt, ctx: Needs) => ({ deleted: await deleteInBatches(await deletions(ctx), attempt, ctx) }),
  );
}
