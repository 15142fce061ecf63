import { z } from '@hono/zod-openapi';
import { within } from '../../process/deadline.ts';
import { readGroups } from '../../ops/backlog.ts';
import { readBreakers } from '../../ops/breakers.ts';
import { readWorkers } from '../../ops/workers.ts';
import { defineRoute } from '../http/define-route.ts';

const deadlineMs = 1_500;

const WorkerView = z.object({
  version: z.string().nullable().openapi({ description: 'null: of a release that does not tell.' }),
  host: z.string().nullable(),
  pid: z.int().nullable(),
  queues: z.array(z.string()),
  running: z.array(z.object({ id: z.string(), kind: z.string(), queue: z.string(), since: z.string() })),
});
const BreakerView = z.object({
  upstream: z.string(),
  queue: z.string(),
  state: z.enum(['closed', 'open', 'resting']).openapi({
    description: 'Closed: calls are made; open: one a second tries; resting: none is made, as the upstream has asked.',
  }),
  failures: z.int().openapi({ description: 'In a row, of the last minute.' }),
  until: z.string().nullable().openapi({ description: 'When a rest ends.' }),
});
const GroupView = z.object({
  stream: z.string(),
  name: z.string(),
  consumers: z.int(),
  pending: z.int().openapi({ description: 'Delivered, and not acknowledged yet.' }),
  lag: z.int().nullable().openapi({ description: 'Not delivered yet; null where Redis cannot tell.' }),
});
const PartsView = z
  .object({
    workers: z.array(WorkerView).nullable(),
    breakers: z.array(BreakerView).nullable(),
    groups: z.array(GroupView).nullable(),
  })
  .openapi('Parts');

const exampleRunning = {
  id: '019341d2-0000-7000-8000-000000000003',
  kind: 'charge-order',
  queue: 'payments',
  since: '2026-11-26T10:00:00.120Z',
};
const example = {
  workers: [{ version: '0.1.0', host: 'worker-1', pid: 71, queues: ['payments'], running: [exampleRunning] }],
  breakers: [{ upstream: 'stripe', queue: 'payments', state: 'closed' as const, failures: 0, until: null }],
  groups: [{ stream: 'orders', name: 'shipping', consumers: 2, pending: 0, lag: 3 }],
};

const parts = defineRoute(
  'operator',
  {
    method: 'get',
    path: '/ops/parts',
    operationId: 'readParts',
    summary: 'Who works and at what, the breaker of each upstream, and who follows the streams in groups.',
    tags: ['jobs'],
    responses: {
      200: { description: 'Every part.', content: { 'application/json': { schema: PartsView, example } } },
    },
  },
  async (c) => {
    const { ctx } = c.var;
    const orNull = <T>(read: Promise<T>) => within(deadlineMs, 'Redis', read).catch(() => null);
    const [workers, breakers, groups] = await Promise.all([
      orNull(readWorkers(ctx)),
      orNull(readBreakers(ctx)),
      orNull(readGroups(ctx)),
    ]);
    const moment = (ms: number) => new Date(ms).toISOString();
    const view = {
      workers:
        workers?.map(({ told, queues, running }) => ({
          version: told?.version ?? null,
          host: told?.host ?? null,
          pid: told?.pid ?? null,
          queues: [...queues],
          running: running.map(({ id, kind, queue, sinceMs }) => ({ id, kind, queue, since: moment(sinceMs) })),
        })) ?? null,
      breakers:
        breakers?.map(({ untilMs, ...breaker }) => ({
          ...breaker,
          until: untilMs === undefined ? null : moment(untilMs),
        })) ?? null,
      groups: groups && [...groups],
    };
    return c.json(view, 200);
  },
);

/** What the platform is made of at this moment, for operators. */
export const routes = [parts];
