import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { within } from '../../process/deadline.ts';
import { DeadLetter } from '../../entities/ops.entity.ts';
import { Problem } from '../../errors.ts';
import { findJob, type FoundJob, isOvertaken } from '../../jobs/find-jobs.ts';
import { explainWaits } from '../../ops/explain-waits.ts';
import { auditAround } from '../callers/audit.ts';
import { standingOf } from './board-act.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { exampleJob, isJobId, JobView, jobView } from './job-view.ts';

const deadlineMs = 1_500;

const retry = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/jobs/{id}/retry',
    operationId: 'retryJob',
    summary: 'Gives a job that has failed for good all its attempts again.',
    tags: ['jobs'],
    request: { params: z.object({ id: z.string().openapi({ example: exampleJob.id }) }) },
    responses: {
      200: {
        description: 'The job, waiting again.',
        content: { 'application/json': { schema: JobView, example: { ...exampleJob, state: 'waiting' as const } } },
      },
      404: { description: 'not_found' },
      409: { description: 'job_not_failed or job_moved' },
    },
  },
  async (c) => {
    const { id } = c.req.valid('param');
    const { ctx } = c.var;
    const { jobs, transaction } = ctx;
    const found = await namedJob(c);
    if (found.state !== 'failed') throw new Problem('job_not_failed', `The job is ${found.state}.`);
    const about = { queue: found.job.queueName, subject: id };
    c.set('act', c.var.act && { ...c.var.act, ...about });
    const tryAgain = async () => {
      // Before it runs again, so that failing once more is a new letter.
      const letter = await transaction((tx) => takeLetter(tx, id));
      try {
        await within(deadlineMs, 'Redis', found.job.retry('failed', { resetAttemptsMade: true }));
      } catch (error) {
        if (letter) await transaction((tx) => tx.insert(DeadLetter, letter));
        if (!isOvertaken(error)) throw error;
        throw new Problem('job_moved', 'The job is gone, or has been taken up meanwhile.', { cause: error });
      }
      return 200;
    };
    await auditAround(c, tryAgain, () => standingOf(jobs, about));
    const now = await findJob(jobs, id, explainWaits(ctx));
    return c.json(jobView(now ?? found), 200);
  },
  namedJob,
);

async function namedJob(c: HonoContext<RouteEnv>): Promise<FoundJob> {
  const id = c.req.param('id') ?? '';
  const { ctx } = c.var;
  const found = isJobId(id) ? await findJob(ctx.jobs, id, explainWaits(ctx)) : undefined;
  if (!found) throw new Problem('not_found', 'There is no such job; ended ones are kept for a day.');
  return found;
}

async function takeLetter(tx: EntityManager, jobId: string) {
  const letter = await tx.findOne(DeadLetter, { jobId }, { disableIdentityMap: true });
  if (letter?.replayedAt)
    throw new Problem('job_not_failed', `It has been replayed already, as the job ${letter.replayJobId ?? 'unknown'}.`);
  await tx.nativeDelete(DeadLetter, { jobId });
  return letter;
}

/** Trying jobs again. */
export const routes = [retry];
