import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Context } from '../../context.ts';
import { OutboxMessage } from '../../entities/outbox.entity.ts';
import { Problem } from '../../errors.ts';
import { findJob, type FoundJob } from '../../jobs/find-jobs.ts';
import { explainWaits } from '../../ops/explain-waits.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import {
  exampleJob,
  isJobId,
  isScheduledRun,
  JobView,
  jobView,
  KindView,
  kindView,
  unsentJobView,
} from './job-view.ts';
import { pageOf, ShortPageQuery } from '../http/page.ts';
import { authenticate } from '../callers/principal.ts';

const exampleKind = {
  kind: 'fetch-quote',
  summary: 'Fetch one stock quote, store it, announce it.',
  queue: 'finnhub',
  payload_schema: { type: 'object', properties: { symbol: { type: 'string' } }, required: ['symbol'] },
  policy: { attempts: 4, backoff_ms: 500, timeout_ms: 8_000, coalesces: true },
};
const KindList = z.object({ data: z.array(KindView), next_cursor: z.string().nullable() }).openapi('JobKindList');

const kinds = defineRoute(
  'public',
  {
    method: 'get',
    path: '/jobs/kinds',
    operationId: 'listJobKinds',
    summary: 'The catalogue of background work: what there is, what it takes, how it is retried.',
    tags: ['jobs'],
    request: { query: z.object(ShortPageQuery) },
    responses: {
      200: {
        description: 'Every kind.',
        content: {
          'application/json': { schema: KindList, example: { data: [exampleKind], next_cursor: null } },
        },
      },
    },
  },
  (c) => {
    const { jobs } = c.var.ctx.jobs.definitions;
    const page = pageOf('kinds', [...jobs.values()].map(kindView), c.req.valid('query'), ({ kind }) => kind);
    return c.json(page, 200);
  },
);

const read = defineRoute(
  'public',
  {
    method: 'get',
    path: '/jobs/{id}',
    operationId: 'readJob',
    summary: 'How a job goes, for whoever holds its id, for a day.',
    tags: ['jobs'],
    request: { params: z.object({ id: z.string().openapi({ example: exampleJob.id }) }) },
    responses: {
      200: { description: 'The job.', content: { 'application/json': { schema: JobView, example: exampleJob } } },
    },
  },
  async (c) => {
    const { found, view } = await namedJob(c);
    if (found) await renewAsk(c.var.ctx, found);
    return c.json(view, 200);
  },
  namedJob,
);

type NamedJob = Readonly<{ found?: FoundJob; view: z.input<typeof JobView> }>;

/** The job that the path names, where Redis holds it, or as it waits in MySQL to be sent there. @throws Problem not_found */
async function namedJob(c: HonoContext<RouteEnv>): Promise<NamedJob> {
  const id = c.req.param('id') ?? '';
  if (!(await isReadable(c, id))) throw unknownJob();
  const { ctx } = c.var;
  // MySQL is asked first: what it no longer holds has been sent, so Redis holds it.
  const unsent = await ctx.orm.em.fork().findOne(OutboxMessage, { id }, { disableIdentityMap: true });
  const kind = unsent && ctx.jobs.definitions.jobs.get(unsent.name);
  const found = await findJob(ctx.jobs, id, explainWaits(ctx)).catch((error: unknown) => {
    if (!kind) throw redisAway(error);
    return undefined;
  });
  if (found) return { found, view: jobView(found) };
  if (unsent && kind) return { view: unsentJobView(unsent, kind) };
  throw unknownJob();
}

// Ids are looked up as parts of Redis keys, so only ids that jobs can have are looked up at all.
async function isReadable(c: HonoContext<RouteEnv>, id: string): Promise<boolean> {
  if (!isJobId(id)) return false;
  if (!isScheduledRun(id)) return true;
  const principal = await authenticate(c, 'jobs:read');
  return principal !== undefined && principal.role !== 'user';
}

async function renewAsk(
  { market: { asks }, jobs: { definitions }, log }: Context,
  { job: { name, data }, state }: FoundJob,
): Promise<void> {
  const kind = definitions.jobs.get(name);
  if (!kind?.copyName || state === 'completed' || state === 'failed') return;
  const payload = kind.payload.safeParse(data);
  if (!payload.success) return;
  await asks.renew(kind.copyName(payload.data)).catch((error: unknown) => log.debug({ err: error }, 'not renewed'));
}

function unknownJob(): Problem {
  return new Problem('not_found', 'There is no such job; ended ones are kept for a day.');
}

function redisAway(cause: unknown): Problem {
  return new Problem('unavailable', 'How jobs go cannot be read at the moment.', {
    cause,
    headers: { 'retry-after': '2' },
  });
}

/** Background work: the catalogue, and one job. */
export const routes = [kinds, read];
