import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Context } from '../../context.ts';
import { within } from '../../process/deadline.ts';
import { payments } from '../../jobs/queues.ts';
import { arePaymentsPaused, pauseQueues } from '../../jobs/pause.ts';
import { audit } from '../callers/audit.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { principalOf } from '../callers/principal.ts';

const QueueStatus = z
  .object({
    status: z.enum(['running', 'paused']),
    waiting: z.int().nullable().openapi({ description: 'Charges and refunds that wait; null while Redis is away.' }),
    active: z.int().nullable(),
    delayed: z
      .int()
      .nullable()
      .openapi({ description: 'Those that have failed for the moment and wait for another attempt.' }),
  })
  .openapi('PaymentsQueue');
const example = { status: 'running' as const, waiting: 0, active: 2, delayed: 0 };
const content = { 'application/json': { schema: QueueStatus, example } };
const deadlineMs = 1_500;

const show = defineRoute(
  'public',
  {
    method: 'get',
    path: '/payments/start',
    operationId: 'showPaymentsQueue',
    summary: 'Whether payments are being processed. Changes nothing: starting is a POST.',
    tags: ['payments'],
    responses: { 200: { description: 'The payments queue.', content } },
  },
  async (c) => c.json(await statusOf(c.var.ctx), 200),
);

const start = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/payments/start',
    operationId: 'startPayments',
    summary: 'Goes on with charges and refunds after a stop.',
    tags: ['payments'],
    responses: { 200: { description: 'The payments queue, running.', content } },
  },
  async (c) => c.json(await decide(c, false), 200),
);

const stop = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/payments/stop',
    operationId: 'stopPayments',
    summary:
      'Stops charging and refunding until told otherwise, over restarts and a lost Redis. Orders are still taken.',
    tags: ['payments'],
    responses: {
      200: {
        description: 'The payments queue, paused.',
        content: { 'application/json': { schema: QueueStatus, example: { ...example, status: 'paused' as const } } },
      },
    },
  },
  async (c) => c.json(await decide(c, true), 200),
);

async function decide(c: HonoContext<RouteEnv>, isPaused: boolean): Promise<z.input<typeof QueueStatus>> {
  const { ctx } = c.var;
  const { userId } = principalOf(c);
  const subject = payments.name;
  await pauseQueues(ctx, { names: [subject], isPaused, changedBy: userId }, async (tx) => {
    const wasPaused = await arePaymentsPaused(tx);
    await audit(c, tx, { subject, before: { paused: wasPaused }, after: { paused: isPaused } });
  });
  return statusOf(ctx);
}

async function statusOf(ctx: Context): Promise<z.input<typeof QueueStatus>> {
  const isPaused = await arePaymentsPaused(ctx.orm.em.fork());
  const counting = ctx.jobs.queues.get(payments.name)?.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
  const counts = await within(deadlineMs, 'Redis', Promise.resolve(counting)).catch(() => undefined);
  const count = (...states: string[]) => counts && states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return {
    status: isPaused ? 'paused' : 'running',
    waiting: count('waiting', 'paused', 'prioritized') ?? null,
    active: count('active') ?? null,
    delayed: count('delayed') ?? null,
  };
}

/** Watching, stopping and starting the payments queue. */
export const routes = [show, start, stop];
