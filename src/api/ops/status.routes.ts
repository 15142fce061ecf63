import { z } from '@hono/zod-openapi';
import { defineRoute } from '../http/define-route.ts';

const StatusView = z
  .object({
    at: z.string(),
    mysql: z.enum(['up', 'away']).openapi({ description: 'Away: nothing can be ordered or looked up.' }),
    redis: z.enum(['up', 'away']).openapi({ description: 'Away: orders are taken, and all else waits.' }),
    prices: z.enum(['up', 'slow', 'away', 'resting', 'unmanned', 'off', 'unknown']).openapi({
      description:
        'As the last fetches have found their provider. Slow: one is under way for long; ' +
        'away: the last one had no answer; resting: it wants a rest; unmanned: no worker is there; off: there is no key.',
    }),
    charges: z.enum(['up', 'paused', 'unmanned', 'unknown']).openapi({
      description: 'Who charges. Paused: an administrator has stopped it; unmanned: no worker is there.',
    }),
    gateway: z.enum(['up', 'slow', 'away', 'unknown']).openapi({
      description:
        'As the last charges have found it. Slow: one is under way for long; away: the last one had no answer.',
    }),
    exchanges: z.enum(['open', 'closed', 'unknown']).openapi({
      description: 'Where shares trade: as the provider says, else by the calendar. Coins trade always.',
    }),
  })
  .openapi('Status');

const example = {
  at: '2026-11-26T10:00:00.000Z',
  mysql: 'up' as const,
  redis: 'up' as const,
  prices: 'up' as const,
  charges: 'paused' as const,
  gateway: 'up' as const,
  exchanges: 'open' as const,
};

const status = defineRoute(
  'public',
  {
    method: 'get',
    path: '/status',
    operationId: 'readStatus',
    summary: 'How each part is that the platform stands on, as this process sees it; for people who watch.',
    tags: ['about'],
    responses: {
      200: { description: 'Every part.', content: { 'application/json': { schema: StatusView, example } } },
    },
  },
  async (c) => {
    c.header('cache-control', 'no-store');
    return c.json(await c.var.readStatus(), 200);
  },
);

/** What works and what does not. */
export const routes = [status];
