import { z } from '@hono/zod-openapi';
import type { Context as HonoContext, Next } from 'hono';
import { Problem } from '../../errors.ts';
import { countedMs } from '../../jobs/queues.ts';
import type { RouteEnv } from '../callers/route-env.ts';

const Rate = z.object({ max: z.number(), duration: z.number() });
const Concurrency = z.object({ concurrency: z.number() });

/** The board would take any time and show it; workers count by the second all the same. @throws Problem invalid */
export async function refuseVainRate(c: HonoContext<RouteEnv>, next: Next): Promise<void> {
  const { data: asked } = Rate.safeParse(await c.req.json());
  if (asked) {
    if (asked.duration !== countedMs)
      throw vain('duration', `must be ${countedMs}: workers count by the second; send how many jobs may begin in one`);
    refuseTooFew(c, 'max', asked.max);
  }
  await next();
}

/** What is limited to fewer than it has shards would have one under way in each. @throws Problem invalid */
export async function refuseVainConcurrency(c: HonoContext<RouteEnv>, next: Next): Promise<void> {
  const { data: asked } = Concurrency.safeParse(await c.req.json());
  // The board takes 0 for no limit.
  if (asked && asked.concurrency > 0) refuseTooFew(c, 'concurrency', asked.concurrency);
  await next();
}

/** Workers make schedules what the kinds of jobs and the watchlist say, once a minute. @throws Problem invalid */
export function refuseSchedule(): never {
  throw new Problem(
    'invalid',
    'Workers would put the schedule back within a minute. Change the watchlist if it polls a symbol; pause the queue if nothing shall run.',
  );
}

function refuseTooFew({ req, var: { ctx } }: HonoContext<RouteEnv>, field: string, wanted: number): void {
  const shards = ctx.jobs.shards.get(req.param('queue') ?? '')?.known() ?? 1;
  if (wanted < shards) throw vain(field, `must be at least ${shards}: each shard of the queue has a part of it`);
}

function vain(field: string, detail: string): Problem {
  return new Problem('invalid', 'The workers could not keep to this limit; see errors.', {
    errors: [{ pointer: `/${field}`, detail }],
  });
}
