import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { upkeep as queue } from './queues.ts';
import { makeAllDue, reviewDue } from './review-due.ts';

/**
 * Looks after payments and refunds that are not over: those without a live job get one. BullMQ's word on a job decides
 * nothing here, and a job too many charges nothing, because every one carries the same key.
 */
export const reconcile = defineJob(
  {
    kind: 'reconcile',
    summary: 'Give a new job to payments and refunds that are not over and whose job is gone.',
    queue,
    payload: z.object({ is_everything_due: z.boolean().default(false) }),
    result: z.object({ reviewed: z.int(), revived: z.int() }),
    attempts: 3,
    backoffMs: 500,
    timeoutMs: 60_000,
    everyMs: 5_000,
    coalesceBy: ({ is_everything_due }) => (is_everything_due ? 'everything' : 'due'),
  },
  async ({ payload: { is_everything_due }, signal }, ctx) => {
    // Redis has been lost: no job is known to be there, whenever it was last seen.
    if (is_everything_due) await ctx.transaction((tx) => makeAllDue(tx, ctx.now()));
    const payments = await reviewDue(ctx, 'payments', signal);
    const refunds = await reviewDue(ctx, 'refunds', signal);
    const revived = payments.revived + refunds.revived;
    if (revived > 0) ctx.log.info({ revived }, 'reconcile: jobs that were gone are queued again');
    return { reviewed: payments.reviewed + refunds.reviewed, revived };
  },
);
