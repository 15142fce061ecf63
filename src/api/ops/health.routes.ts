import { z } from '@hono/zod-openapi';
import { defineRoute } from '../http/define-route.ts';

const alive = defineRoute(
  'public',
  {
    method: 'get',
    path: '/healthz',
    operationId: 'readHealth',
    summary: 'Says that the process is alive; looks at nothing else.',
    tags: ['about'],
    responses: {
      200: {
        description: 'It is alive.',
        content: { 'application/json': { schema: z.object({ status: z.literal('ok') }), example: { status: 'ok' } } },
      },
    },
  },
  (c) => c.json({ status: 'ok' as const }, 200),
);

const Ready = z.object({ status: z.literal('ready') }).openapi('Ready');
const NotReady = z
  .object({
    status: z.literal('not ready'),
    reason: z.string().openapi({ description: 'draining, mysql_away or schema_behind' }),
  })
  .openapi('NotReady');

const ready = defineRoute(
  'public',
  {
    method: 'get',
    path: '/readyz',
    operationId: 'readReadiness',
    summary: 'Whether this process may be given requests. Redis away does not make it unready.',
    tags: ['about'],
    responses: {
      200: {
        description: 'It may.',
        content: { 'application/json': { schema: Ready, example: { status: 'ready' } } },
      },
      503: {
        description: 'It may not, for the reason given.',
        content: { 'application/json': { schema: NotReady, example: { status: 'not ready', reason: 'mysql_away' } } },
      },
    },
  },
  async (c) => {
    const { isReady, reason = 'unknown' } = await c.var.readiness.check();
    return isReady ? c.json({ status: 'ready' as const }, 200) : c.json({ status: 'not ready' as const, reason }, 503);
  },
);

/** Probes. */
export const routes = [alive, ready];
