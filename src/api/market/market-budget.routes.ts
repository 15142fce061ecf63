import { z } from '@hono/zod-openapi';
import { within } from '../../process/deadline.ts';
import { Problem } from '../../errors.ts';
import type { BudgetState } from '../../gateways/finnhub/budget-view.ts';
import { finnhub, type Lane, lanes } from '../../jobs/queues.ts';
import { defineRoute } from '../http/define-route.ts';

const redisMs = 1_500;

const Moment = z.string().nullable();
const BudgetView = z
  .object({
    windows: z.array(
      z.object({
        name: z.enum(['minute', 'second']),
        window_ms: z.int(),
        limit: z.int(),
        used: z.int().openapi({ description: 'Calls that the window holds now.' }),
        reserved: z.int().openapi({ description: 'Calls that only people may make at present.' }),
        resets_at: Moment.openapi({ description: 'When its oldest call is forgotten; null when it holds none.' }),
      }),
    ),
    lanes: z.array(
      z.object({
        lane: z.enum(lanes.map(({ name }) => name)),
        used: z.int().openapi({ description: 'Calls of the longer window.' }),
        waiting: z.int().openapi({ description: 'Fetches that wait for their turn.' }),
      }),
    ),
    elsewhere: z.int().openapi({ description: 'Calls that the provider has counted and nobody here has made.' }),
    last_429: z.object({ at: z.string(), retry_after_seconds: z.number() }).nullable(),
    resting_until: Moment.openapi({ description: 'Until then no call is made.' }),
  })
  .openapi('Budget');

const example = {
  windows: [
    {
      name: 'minute' as const,
      window_ms: 60_000,
      limit: 60,
      used: 41,
      reserved: 3,
      resets_at: '2026-11-22T10:00:12.480Z',
    },
    {
      name: 'second' as const,
      window_ms: 1_000,
      limit: 30,
      used: 1,
      reserved: 0,
      resets_at: '2026-11-22T10:00:01.020Z',
    },
  ],
  lanes: [
    { lane: 'logged_in' as const, used: 6, waiting: 0 },
    { lane: 'anonymous_cold' as const, used: 3, waiting: 0 },
    { lane: 'anonymous_stale' as const, used: 8, waiting: 1 },
    { lane: 'watchlist' as const, used: 24, waiting: 4 },
    { lane: 'refresh' as const, used: 0, waiting: 0 },
  ],
  elsewhere: 0,
  last_429: { at: '2026-11-22T08:14:03.115Z', retry_after_seconds: 12 },
  resting_until: null,
};

const budget = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/budget',
    operationId: 'readBudget',
    summary: 'What has been used of the provider’s plan, for whom, and what waits.',
    tags: ['market'],
    responses: {
      200: { description: 'The budget now.', content: { 'application/json': { schema: BudgetView, example } } },
      503: { description: 'not_configured or unavailable' },
    },
  },
  async (c) => {
    const { ctx } = c.var;
    if (!ctx.config.FINNHUB_API_KEY)
      throw new Problem('not_configured', 'This deployment has no provider of market data.', {
        headers: { 'retry-after': '3600' },
      });
    const [state, waiting] = await within(
      redisMs,
      'Redis',
      Promise.all([ctx.market.readBudget(), ctx.jobs.laneShares.get(finnhub.name)?.count()]),
    ).catch(away);
    return c.json(viewOf(state, waiting), 200);
  },
);

function viewOf({ windows, usedBy, lastRefusal, restingUntilMs }: BudgetState, waiting?: ReadonlyMap<Lane, number>) {
  const used = lanes.map(({ name }) => ({ lane: name, used: usedBy.get(name) ?? 0, waiting: waiting?.get(name) ?? 0 }));
  const all = [...usedBy.values()].reduce((sum, count) => sum + count, 0);
  return {
    windows: windows.map(({ windowMs, resetsAtMs, ...rest }) => ({
      ...rest,
      window_ms: windowMs,
      resets_at: isoOf(resetsAtMs),
    })),
    lanes: used,
    elsewhere: used.reduce((left, lane) => left - lane.used, all),
    last_429: lastRefusal
      ? { at: new Date(lastRefusal.atMs).toISOString(), retry_after_seconds: lastRefusal.restMs / 1_000 }
      : null,
    resting_until: isoOf(restingUntilMs),
  };
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function away(error: unknown): never {
  throw new Problem('unavailable', 'What has been used of the plan cannot be read at the moment.', {
    cause: error,
    headers: { 'retry-after': '2' },
  });
}

/** The provider's plan, watched. */
export const routes = [budget];
