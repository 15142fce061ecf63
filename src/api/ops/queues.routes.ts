import type { Context } from '../../context.ts';
import { within } from '../../process/deadline.ts';
import { type QueueDefinition, queues } from '../../jobs/queues.ts';
import { readOldestDue } from '../../jobs/oldest-waiting.ts';
import { readPauses } from '../../jobs/pause.ts';
import { readBacklog, readStreams } from '../../ops/backlog.ts';
import { reasonOfRest } from '../../ops/breakers.ts';
import { countWorkers } from '../../ops/drain.ts';
import { z } from '@hono/zod-openapi';
import { defineRoute } from '../http/define-route.ts';
import { pageOf, ShortPageQuery } from '../http/page.ts';

const deadlineMs = 1_500;

/** How every queue is now, from Redis; each figure is null while Redis does not answer. */
async function queueViews(ctx: Context) {
  // It may be that Redis has not been told yet, or has lost it.
  const pauses = await within(deadlineMs, 'MySQL', readPauses(ctx.orm.em.fork())).catch(
    () => new Map<string, boolean>(),
  );
  return Promise.all(
    queues.map((queue) =>
      within(deadlineMs, 'Redis', viewOf(ctx, queue, pauses.get(queue.name) === true)).catch(() => unknownOf(queue)),
    ),
  );
}

/** What has not left MySQL yet; null while it does not answer. */
async function backlogView(ctx: Context) {
  const backlog = await within(deadlineMs, 'MySQL', readBacklog(ctx)).catch(() => undefined);
  return { waiting: backlog?.waiting ?? null, oldest_seconds: backlog?.seconds ?? null };
}

/** How long every stream is, and how far those who follow it here are behind; null while Redis does not answer. */
async function streamViews(ctx: Context) {
  const known = await within(deadlineMs, 'Redis', readStreams(ctx)).catch(() => []);
  return [...ctx.jobs.definitions.streams.keys()].map((name) => {
    const stream = known.find((some) => some.name === name);
    return { name, length: stream?.length ?? null, lag_seconds: stream?.lagSeconds ?? null };
  });
}

async function viewOf(ctx: Context, definition: QueueDefinition, isStopped: boolean) {
  const { jobs, config, now, redis } = ctx;
  const { name, summary } = definition;
  const queue = jobs.queues.get(name);
  if (!queue) throw new Error(`no queue is called ${name}`);
  const workers = await countWorkers(queue, config);
  const underWay = Math.max(1, workers) * (config.concurrency[name] ?? definition.concurrency);
  const [counts, isPaused, restMs, oldest, shares, atOnce] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed'),
    queue.isPaused(),
    queue.getRateLimitTtl(),
    readOldestDue(redis, queue, definition),
    sharesOf(jobs, name, underWay),
    atOnceOf(jobs, name),
  ]);
  const atMs = now().getTime();
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, completed = 0, failed = 0 } = counts;
  return {
    name,
    summary,
    status: isStopped || isPaused ? ('paused' as const) : restMs > 0 ? ('limited' as const) : ('running' as const),
    limited_until: restMs > 0 ? new Date(atMs + restMs).toISOString() : null,
    limited_because: restMs > 0 ? await reasonOfRest(ctx, name) : null,
    waiting: waiting + prioritized,
    active,
    delayed,
    completed,
    failed,
    workers,
    oldest_waiting_seconds: oldest === undefined ? null : Math.max(0, (atMs - oldest) / 1_000),
    shares,
    at_once: atOnce,
  };
}

async function atOnceOf(jobs: Context['jobs'], name: string): Promise<z.output<typeof AtOnceView> | null> {
  const atOnce = jobs.jobsPerTenant.get(name);
  if (!atOnce) return null;
  const held = (await atOnce.read()).map(({ underWay: under_way, ...some }) => ({ ...some, under_way }));
  return { most: atOnce.most, held };
}

async function sharesOf(
  jobs: Context['jobs'],
  name: string,
  underWay: number,
): Promise<z.output<typeof SharesView> | null> {
  const whole = await jobs.shares.get(name)?.read();
  const byLane = await jobs.laneShares.get(name)?.read(underWay);
  const lines = whole ? [{ lane: null, ...whole }] : byLane;
  if (!lines) return null;
  return {
    tenants: lines.reduce((sum, { tenants }) => sum + tenants, 0),
    largest: lines.flatMap(({ lane, largest }) =>
      largest.map(({ mostBefore: most_before, ...share }) => ({ ...share, lane, most_before })),
    ),
  };
}

function unknownOf({ name, summary }: QueueDefinition) {
  const status = 'unknown' as const;
  const figures = { waiting: null, active: null, delayed: null, completed: null, failed: null, workers: null };
  return {
    name,
    summary,
    status,
    limited_until: null,
    limited_because: null,
    ...figures,
    oldest_waiting_seconds: null,
    shares: null,
    at_once: null,
  };
}

const count = z.int().nullable();

/** Who waits in a queue that tenants share. */
const SharesView = z
  .object({
    tenants: z.int().openapi({ description: 'How many wait. None does where hardly anything waits.' }),
    largest: z
      .array(
        z.object({
          tenant: z.string().openapi({ description: 'user:ID, key:ID, address:HASH, or platform for nobody’s.' }),
          lane: z
            .string()
            .nullable()
            .openapi({ description: 'Where lanes are shared; they come one after another, and have turns.' }),
          weight: z.int().openapi({ description: 'How many of its jobs come in a round.' }),
          waiting: z.int().openapi({ description: 'How many of its jobs wait, to within a round.' }),
          most_before: z.int().openapi({
            description:
              'So many jobs begin before the last of them at most, unless tenants come who do not wait yet; in a lane, so many that call.',
          }),
        }),
      )
      .openapi({ description: 'Those that wait longest, of a lane twenty at most.' }),
  })
  .openapi('QueueShares');

/** Whose jobs wait for others of the same tenant. */
const AtOnceView = z
  .object({
    most: z.int().openapi({ description: 'So many jobs of a tenant are under way at once.' }),
    held: z
      .array(
        z.object({
          tenant: z.string(),
          under_way: z.int(),
          held: z.int().openapi({ description: 'Those that wait for one of these to end; they count as delayed.' }),
        }),
      )
      .openapi({ description: 'Tenants some of whose jobs are held, twenty at most.' }),
  })
  .openapi('QueueAtOnce');

/** A queue as operators see it. */
const QueueView = z
  .object({
    name: z.string(),
    summary: z.string(),
    status: z.enum(['running', 'paused', 'limited', 'unknown']).openapi({ description: 'unknown: Redis is away.' }),
    limited_until: z.string().nullable().openapi({ description: 'Until then the queue rests for its rate limit.' }),
    limited_because: z.string().nullable().openapi({ description: 'Why it rests, in words.' }),
    waiting: count,
    active: count,
    delayed: count.openapi({ description: 'Those that wait for another attempt, or for their schedule.' }),
    completed: count.openapi({ description: 'Of the last day.' }),
    failed: count.openapi({ description: 'Of the last day, for good.' }),
    workers: count.openapi({ description: 'Processes that work this queue.' }),
    oldest_waiting_seconds: z
      .number()
      .nullable()
      .openapi({ description: 'Of the job that has waited longest, which need not be the next.' }),
    shares: SharesView.nullable().openapi({ description: 'null where queues are not shared, or Redis is away.' }),
    at_once: AtOnceView.nullable().openapi({ description: 'null where there is no such limit, or Redis is away.' }),
  })
  .openapi('Queue');

const QueueList = z
  .object({
    data: z.array(QueueView),
    outbox: z.object({ waiting: count, oldest_seconds: z.number().nullable() }),
    streams: z.array(
      z.object({
        name: z.string(),
        length: count,
        lag_seconds: z.number().nullable().openapi({ description: 'Of who follows it here; null when nobody does.' }),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('QueueList');

const example = {
  data: [
    {
      name: 'payments',
      summary: 'Charges and refunds at the payment gateway.',
      status: 'running' as const,
      limited_until: null,
      limited_because: null,
      waiting: 3,
      active: 2,
      delayed: 0,
      completed: 1_204,
      failed: 1,
      workers: 2,
      oldest_waiting_seconds: 0.4,
      shares: { tenants: 2, largest: [{ tenant: 'user:7', lane: null, weight: 1, waiting: 2, most_before: 4 }] },
      at_once: { most: 5, held: [{ tenant: 'user:9', under_way: 5, held: 12 }] },
    },
  ],
  outbox: { waiting: 0, oldest_seconds: 0 },
  streams: [{ name: 'orders', length: 2_410, lag_seconds: 0 }],
  next_cursor: null,
};

const list = defineRoute(
  'operator',
  {
    method: 'get',
    path: '/queues',
    operationId: 'listQueues',
    summary: 'How every queue is: depth, oldest waiting, outcomes, workers, paused or limited until; and what lags.',
    tags: ['jobs'],
    request: { query: z.object(ShortPageQuery) },
    responses: {
      200: { description: 'Every queue.', content: { 'application/json': { schema: QueueList, example } } },
    },
  },
  async (c) => {
    const { ctx } = c.var;
    const [data, outbox, streams] = await Promise.all([queueViews(ctx), backlogView(ctx), streamViews(ctx)]);
    const page = pageOf('queues', data, c.req.valid('query'), ({ name }) => name);
    return c.json({ ...page, outbox, streams }, 200);
  },
);

/** The queues, watched. */
export const routes = [list];
