import type { Context as HonoContext, Next } from 'hono';
import type { Context } from '../../context.ts';
import { Problem } from '../../errors.ts';
import type { FoundJob } from '../../jobs/find-jobs.ts';
import { retryFailed } from '../../ops/retry-failed.ts';
import type { RouteEnv } from '../callers/route-env.ts';

// Each takes a connection to MySQL.
const atOnce = 5;

/** The board's own would leave its dead letter to be replayed as well. What has not failed is the board's own business. */
export async function retryFromBoard(c: HonoContext<RouteEnv>, next: Next): Promise<Response | void> {
  const { ctx } = c.var;
  const job = await ctx.jobs.queues.get(c.req.param('queue') ?? '')?.getJob(c.req.param('job') ?? '');
  if (!job || (await job.getState()) !== 'failed') return next();
  await retryFailed(ctx, job);
  return c.body(null, 204);
}

/** Every failed job of a queue that nobody has replayed; the answer is the board's. */
export async function retryAllFromBoard(c: HonoContext<RouteEnv>): Promise<Response> {
  const { ctx } = c.var;
  const queue = ctx.jobs.queues.get(c.req.param('queue') ?? '');
  if (!queue) throw new Problem('not_found', 'There is no such queue.');
  const ids = await queue.getRanges(['failed'], 0, -1);
  let retried = 0;
  for (let from = 0; from < ids.length; from += atOnce) {
    const found = await Promise.all(ids.slice(from, from + atOnce).map((id) => queue.getJob(id)));
    const tried = await Promise.all(found.flatMap((job) => (job ? [tryAgain(ctx, job)] : [])));
    retried += tried.filter(Boolean).length;
  }
  return c.json({ retried, skipped: ids.length - retried });
}

/** Whether it is tried again; not so when it has been replayed, or when somebody else was quicker. */
async function tryAgain(ctx: Context, job: FoundJob['job']): Promise<boolean> {
  try {
    await retryFailed(ctx, job);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
