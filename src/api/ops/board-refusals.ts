import { z } from '@hono/zod-openapi';
import type { Context as HonoContext, Next } from 'hono';
import { Problem } from '../../errors.ts';
import { countedMs } from '../../jobs/queues.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { refuseInvalid } from '../http/refuse-invalid.ts';

const NoRate = z.object({ max: z.null().optional() });
const Rate = z.object({ max: z.int(), duration: z.int() });
// The board takes 0 for no limit.
const Concurrency = z.object({ concurrency: z.int().min(0) });

/** A job on another queue than its kind's would be called one of that queue wherever it is shown. @throws Problem not_found, invalid */
export async function refuseStrayJob(c: HonoContext<RouteEnv>, next: Next): Promise<void> {
  requireQueue(c);
  const ofQueue = [...c.var.ctx.jobs.definitions.jobs.values()].filter(
    ({ queue }) => queue.name === c.req.param('queue'),
  );
  const kinds = ofQueue.map(({ kind }) => kind);
  const Added = z.object({
    name: z.enum(kinds, 'is no kind of job on this queue; GET /jobs/kinds tells the queue of each'),
    options: z.looseObject({}).nullish(),
  });
  refuseInvalid({ target: 'json', ...Added.safeParse(await c.req.json()) });
  await next();
}

/** The board would take any time and show it; workers count by the second all the same. @throws Problem not_found, invalid */
export async function refuseVainRate(c: HonoContext<RouteEnv>, next: Next): Promise<void> {
  requireQueue(c);
  const body: unknown = await c.req.json();
  if (!NoRate.safeParse(body).success) {
    const asked = Rate.safeParse(body);
    refuseInvalid({ target: 'json', ...asked });
    if (asked.data?.duration !== countedMs)
      throw vain('duration', `must be ${countedMs}: workers count by the second; send how many jobs may begin in one`);
    refuseTooFew(c, 'max', asked.data.max);
  }
  await next();
}

/** What is limited to fewer than it has shards would have one under way in each. @throws Problem not_found, invalid */
export async function refuseVainConcurrency(c: HonoContext<RouteEnv>, next: Next): Promise<void> {
  requireQueue(c);
  const asked = Concurrency.safeParse(await c.req.json());
  refuseInvalid({ target: 'json', ...asked });
  if (asked.data?.concurrency) refuseTooFew(c, 'concurrency', asked.data.concurrency);
  await next();
}

/** Workers make schedules what the kinds of jobs and the watchlist say, once a minute. @throws Problem not_found, invalid */
export function refuseSchedule(c: HonoContext<RouteEnv>): never {
  requireQueue(c);
  throw new Problem(
    'invalid',
    'Workers would put the schedule back within a minute. Change the watchlist if it polls a symbol; pause the queue if nothing shall run.',
  );
}

function requireQueue({ req, var: { ctx } }: HonoContext<RouteEnv>): void {
  if (!ctx.jobs.queues.has(req.param('queue') ?? '')) throw new Problem('not_found', 'There is no such queue.');
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
