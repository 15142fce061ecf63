import { z } from '@hono/zod-openapi';
import { defineRoute } from './define-route.ts';
import { pageOf, ShortPageQuery } from './page.ts';
import { backlogView, queueViews, streamViews } from './queue-views.ts';

const count = z.int().nullable();

/** A queue as operators see it. */
export const QueueView = z
  .object({
    name: z.string(),
    summary: z.string(),
    status: z.enum(['running', 'paused', 'limited', 'unknown']).openapi({ description: 'unknown: Redis is away.' }),
    limited_until: z.string().nullable().openapi({ description: 'Until then the queue rests for its rate limit.' }),
    waiting: count,
    active: count,
    delayed: count.openapi({ description: 'Those that wait for another try, or for their schedule.' }),
    completed: count.openapi({ description: 'Of the last day.' }),
    failed: count.openapi({ description: 'Of the last day, for good.' }),
    workers: count.openapi({ description: 'Processes that work this queue.' }),
    oldest_waiting_seconds: z.number().nullable(),
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
      waiting: 3,
      active: 2,
      delayed: 0,
      completed: 1_204,
      failed: 1,
      workers: 2,
      oldest_waiting_seconds: 0.4,
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
    description: 'A figure that cannot be read now is null.',
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
