import { z } from '@hono/zod-openapi';
import { readingEm } from '../../mysql/reading.ts';
import { readCalls } from '../../ops/read-calls.ts';
import { defineRoute } from '../http/define-route.ts';

const hourMs = 3_600_000;
const spanMs = { minute: hourMs, hour: 24 * hourMs } as const;

const Calls = z.object({
  logged_in: z.int(),
  anonymous_cold: z.int(),
  anonymous_stale: z.int(),
  watchlist: z.int(),
  refresh: z.int(),
});
const BudgetHistory = z
  .object({
    by: z.enum(['minute', 'hour']),
    from: z.string(),
    to: z.string(),
    total: Calls.openapi({ description: 'Calls that were made, by lane.' }),
    data: z.array(z.object({ at: z.string().openapi({ description: 'Its beginning.' }), calls: Calls })),
  })
  .openapi('BudgetHistory');

const nothing = { logged_in: 0, anonymous_cold: 0, anonymous_stale: 0, watchlist: 0, refresh: 0 };
const something = { logged_in: 6, anonymous_cold: 3, anonymous_stale: 8, watchlist: 24, refresh: 0 };
const example = {
  by: 'minute' as const,
  from: '2026-11-22T10:00:00.000Z',
  to: '2026-11-22T10:02:00.000Z',
  total: something,
  data: [
    { at: '2026-11-22T10:00:00.000Z', calls: something },
    { at: '2026-11-22T10:01:00.000Z', calls: nothing },
  ],
};

const history = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/budget/history',
    operationId: 'readBudgetHistory',
    summary: 'How many calls of the provider’s plan each lane has used, minute by minute or hour by hour.',
    tags: ['market'],
    request: {
      query: z.object({
        by: z
          .enum(['minute', 'hour'])
          .default('minute')
          .openapi({ description: 'Of the last hour by the minute, or of the last day by the hour.' }),
      }),
    },
    responses: {
      200: {
        description: 'The steps, oldest first, also those in which no call was made.',
        content: { 'application/json': { schema: BudgetHistory, example } },
      },
    },
  },
  async (c) => {
    const { by } = c.req.valid('query');
    const { orm, now } = c.var.ctx;
    const to = now();
    const told = await readCalls(readingEm(orm), { by, from: new Date(to.getTime() - spanMs[by]), to });
    return c.json({ ...told, by, from: told.from.toISOString(), to: told.to.toISOString() }, 200);
  },
);

/** What was used of the provider's plan. */
export const routes = [history];
