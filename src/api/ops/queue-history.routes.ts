import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { queues } from '../../jobs/queues.ts';
import { readingEm } from '../../mysql/reading.ts';
import { readHistory, type Step, steps } from '../../ops/read-history.ts';
import { Moment } from '../../process/moment.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { defineRoute } from '../http/define-route.ts';
import { spanOf } from '../http/span.ts';

const most = 1_500;
const defaultDays: Readonly<Record<Step, number>> = { minute: 1 / 24, hour: 1 };

const seconds = z.number().nullable();
const ended = {
  done: z.int(),
  failed: z.int().openapi({ description: 'For good.' }),
  p50: seconds.openapi({
    description: 'Seconds from when a job was due until it had ended: half of them took no longer. null: none ended.',
  }),
  p95: seconds.openapi({ description: 'The same of 95 in a hundred.' }),
  p99: seconds.openapi({ description: 'The same of 99 in a hundred.' }),
};
const HistoryView = z
  .object({
    queue: z.string(),
    by: z.enum(['minute', 'hour']),
    from: z.string(),
    to: z.string(),
    total: z.object(ended),
    data: z.array(z.object({ at: z.string().openapi({ description: 'Its beginning.' }), ...ended })),
  })
  .openapi('QueueHistory');

const nothing = { done: 0, failed: 0, p50: null, p95: null, p99: null };
const something = { done: 41, failed: 1, p50: 0.0116, p95: 0.0782, p99: 1.49 };
const example = {
  queue: 'payments',
  by: 'minute' as const,
  from: '2026-11-22T10:00:00.000Z',
  to: '2026-11-22T10:02:00.000Z',
  total: something,
  data: [
    { at: '2026-11-22T10:00:00.000Z', ...something },
    { at: '2026-11-22T10:01:00.000Z', ...nothing },
  ],
};

const history = defineRoute(
  'operator',
  {
    method: 'get',
    path: '/queues/{name}/history',
    operationId: 'readQueueHistory',
    summary: 'What ended in a queue, and how long it took, minute by minute or hour by hour.',
    tags: ['jobs'],
    request: {
      params: z.object({ name: z.string().openapi({ example: 'payments' }) }),
      query: z.object({
        by: z.enum(['minute', 'hour']).default('minute'),
        from: Moment.optional().openapi({ description: 'Default: an hour ago; by the hour, a day ago.' }),
        to: Moment.optional().openapi({ description: 'Default: now. A day is counted whole.' }),
      }),
    },
    responses: {
      200: {
        description: 'The steps, oldest first, also those in which nothing ended.',
        content: { 'application/json': { schema: HistoryView, example } },
      },
      404: { description: 'not_found' },
    },
  },
  async (c) => {
    const { by, ...named } = c.req.valid('query');
    const queue = namedQueue(c);
    const { orm, now } = c.var.ctx;
    const { from, to } = spanOf(named, now(), defaultDays[by]);
    refuseTooMany((to.getTime() - from.getTime()) / steps[by]);
    const told = await readHistory(readingEm(orm), { queue, by, from, to });
    const span = { from: told.from.toISOString(), to: told.to.toISOString() };
    return c.json({ queue, by, ...span, total: told.total, data: told.data }, 200);
  },
  namedQueue,
);

function namedQueue(c: HonoContext<RouteEnv>): string {
  const name = c.req.param('name') ?? '';
  if (!queues.some((queue) => queue.name === name))
    throw new Problem('not_found', 'There is no such queue; /queues lists them.');
  return name;
}

function refuseTooMany(count: number): void {
  if (count <= most) return;
  const detail = `${Math.ceil(count)} steps lie in the span; at most ${most} are answered`;
  throw new Problem('invalid', `${detail}. Ask by the hour, or for a shorter span.`, {
    errors: [{ pointer: 'by', detail }],
  });
}

/** How the queues have been. */
export const routes = [history];
