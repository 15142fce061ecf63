import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { findJob, type FoundJob } from '../../jobs/find-jobs.ts';
import { explainWaits } from '../../ops/explain-waits.ts';
import { retryFailed } from '../../ops/retry-failed.ts';
import { auditAround } from '../callers/audit.ts';
import { standingOf } from './board-act.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { exampleJob, isJobId, JobView, jobView } from './job-view.ts';

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
      503: { description: 'market_busy' },
    },
  },
  async (c) => {
    const { id } = c.req.valid('param');
    const { ctx } = c.var;
    const { jobs } = ctx;
    const found = await namedJob(c);
    if (found.state !== 'failed') throw new Problem('job_not_failed', `The job is ${found.state}.`);
    const about = { queue: found.job.queueName, subject: id };
    c.set('act', c.var.act && { ...c.var.act, ...about });
    const tryAgain = async () => {
      await retryFailed(ctx, found.job);
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

/** Trying jobs again. */
export const routes = [retry];
