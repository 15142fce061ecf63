import { z } from '@hono/zod-openapi';
import { lastPolledMs, pollingIn, nextPoll, mostEverySeconds } from '../../market/polling.ts';
import { closedEveryMs } from '../../market/hours.ts';
import { quote } from '../../market/data/quote.market.ts';
import { type Watched, type Watchlist, watchedAs } from '../../market/watchlist.ts';
import type { Context } from 'hono';
import { Symbol, Ticker } from '../../market/symbol.ts';
import { audit } from '../callers/audit.ts';
import { notWatched, stopWatching, watch } from '../../market/change-watchlist.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { pageByName, ShortPageQuery } from '../http/page.ts';
import { principalOf } from '../callers/principal.ts';

/** A watched symbol as administrators see it. */
const WatchedView = z
  .object({
    symbol: z.string(),
    kind: z.enum(['stock', 'crypto']),
    every_seconds: z.int(),
    market: z.enum(['open', 'closed', 'always', 'unknown']).openapi({
      description:
        'A share of a closed market is polled once in a quarter of an hour at the most; coins trade always. Unknown: Redis is away.',
    }),
    next_run_at: z.string().nullable().openapi({ description: 'When it is polled next; null without a key.' }),
    last_polled_at: z.string().nullable(),
    added_by: z.int().nullable().openapi({ description: 'The administrator; null: WATCHLIST named it, or an alert.' }),
    for_alerts: z.boolean().openapi({ description: 'It is polled for alerts alone, as long as there are any.' }),
    created_at: z.string(),
  })
  .openapi('WatchedSymbol');

/** What polling takes of the plan. */
const PollingView = z.object({
  window_ms: z.int(),
  calls: z.number().openapi({ description: 'A window, when every market is open.' }),
  most_calls: z.number().openapi({ description: 'The rest of the plan is for people.' }),
});

/** A watched symbol of the examples. */
const exampleWatched = {
  symbol: 'AAPL',
  kind: 'stock' as const,
  every_seconds: 16,
  market: 'open' as const,
  next_run_at: '2026-11-23T15:00:09.120Z',
  last_polled_at: '2026-11-23T14:59:53.871Z',
  added_by: null,
  for_alerts: false,
  created_at: '2026-11-22T10:00:00.000Z',
};

/** Shows a watched symbol at a moment. */
function watchedView(
  watched: Watched,
  now: Date,
  { isOpen, isPolled }: { isOpen: boolean | undefined; isPolled: boolean },
) {
  const { symbol, kind, everySeconds, addedBy, createdAt, polledAt, forAlerts } = watched;
  const market = kind === 'crypto' ? 'always' : isOpen === undefined ? 'unknown' : isOpen ? 'open' : 'closed';
  const restsUntilMs = market === 'closed' ? lastPolledMs(watched, now) + closedEveryMs : 0;
  return {
    symbol,
    kind,
    every_seconds: everySeconds,
    market,
    next_run_at: isPolled ? new Date(nextPoll(watched, now.getTime(), restsUntilMs)).toISOString() : null,
    last_polled_at: polledAt?.toISOString() ?? null,
    added_by: addedBy ?? null,
    for_alerts: forAlerts,
    created_at: createdAt.toISOString(),
  } as const;
}

/** Shows what polling takes. */
function pollingView(watched: readonly Watched[], { plan, isPolled }: Watchlist): z.output<typeof PollingView> {
  const cadences = isPolled ? watched.map(({ everySeconds }) => everySeconds) : [];
  const { calls, mostCalls } = pollingIn(cadences, plan);
  return { window_ms: plan.windowMs, calls: rounded(calls), most_calls: rounded(mostCalls) };
}

function rounded(calls: number): number {
  return Math.round(calls * 1_000) / 1_000;
}

const WatchRequest = z
  .strictObject({
    every_seconds: z.int().min(1).max(mostEverySeconds).optional().openapi({
      description: 'Default: as it is now; of a new symbol a minute, or longer when the plan has no room for that.',
    }),
  })
  .openapi('WatchRequest');
const WatchlistView = z
  .object({ data: z.array(WatchedView), polling: PollingView, next_cursor: z.string().nullable() })
  .openapi('Watchlist');

const named = { list: 'watchlist', name: Ticker };
const params = z.object({ symbol: Symbol.meta({ example: 'AAPL' }) });
const content = { 'application/json': { schema: WatchedView, example: exampleWatched } };

const list = defineRoute(
  'admin',
  {
    method: 'get',
    path: '/market/watchlist',
    operationId: 'listWatchlist',
    summary: 'What is polled without anybody asking, and how often.',
    tags: ['market'],
    request: { query: z.object(ShortPageQuery) },
    responses: {
      200: {
        description: 'The watchlist.',
        content: {
          'application/json': {
            schema: WatchlistView,
            example: {
              data: [exampleWatched],
              polling: { window_ms: 60_000, calls: 3.75, most_calls: 48 },
              next_cursor: null,
            },
          },
        },
      },
    },
  },
  async (c) => {
    const {
      market: { watchlist, hours },
      now,
    } = c.var.ctx;
    const [all, isOpen] = await Promise.all([watchlist.all(), hours.known(now())]);
    const data = all.map((watched) => watchedView(watched, now(), { isOpen, isPolled: watchlist.isPolled }));
    const page = pageByName(named, data, c.req.valid('query'), ({ symbol }) => symbol);
    return c.json({ ...page, polling: pollingView(all, watchlist) }, 200);
  },
);

const put = defineRoute(
  'admin',
  {
    method: 'put',
    path: '/market/watchlist/{symbol}',
    operationId: 'watchSymbol',
    summary: 'Polls a symbol from now on, or more or less often than before.',
    tags: ['market'],
    request: {
      params,
      body: {
        required: false,
        content: { 'application/json': { schema: WatchRequest, example: { every_seconds: 30 } } },
      },
    },
    responses: {
      200: { description: 'It was watched before; how it is watched now.', content },
      201: { description: 'It is watched from now on.', content },
      404: { description: 'unknown_symbol' },
      422: { description: 'invalid, watchlist_over_budget' },
      503: { description: 'market_busy, upstream_unavailable or provider_plan_required' },
    },
  },
  async (c) => {
    const { ctx } = c.var;
    const { symbol } = c.req.valid('param');
    const change = { symbol, everySeconds: c.req.valid('json').every_seconds, changedBy: principalOf(c).userId };
    await requireListed(c, symbol);
    const { watched, isNew } = await watch(ctx, change, (tx, made) => audit(c, tx, made));
    const isOpen = await ctx.market.hours.known(ctx.now());
    return c.json(
      watchedView(watched, ctx.now(), { isOpen, isPolled: ctx.market.watchlist.isPolled }),
      isNew ? 201 : 200,
    );
  },
);

const remove = defineRoute(
  'admin',
  {
    method: 'delete',
    path: '/market/watchlist/{symbol}',
    operationId: 'stopWatchingSymbol',
    summary: 'Polls a symbol no longer, or for alerts alone. What is stored of it stays.',
    tags: ['market'],
    request: { params },
    responses: {
      204: { description: 'It is no longer polled, unless somebody has an alert of it.' },
      422: { description: 'invalid' },
    },
  },
  async (c) => {
    const change = { symbol: c.req.valid('param').symbol, changedBy: principalOf(c).userId };
    await stopWatching(c.var.ctx, change, (tx, made) => audit(c, tx, made));
    return c.body(null, 204);
  },
  requireWatched,
);

/** A symbol that is none is refused as such. */
async function requireWatched(c: Context<RouteEnv>): Promise<void> {
  const symbol = Symbol.safeParse(c.req.param('symbol'));
  if (symbol.success && !watchedAs(await c.var.ctx.market.watchlist.all(), symbol.data)) throw notWatched(symbol.data);
}

/** What the provider does not list would be polled in vain for ever. Without a key nothing is polled at all. */
export async function requireListed(c: Context<RouteEnv>, symbol: string): Promise<void> {
  const { ctx } = c.var;
  if (!ctx.market.watchlist.isPolled) return;
  if (!watchedAs(await ctx.market.watchlist.all(), symbol))
    await c.var.reads.requireKnown({ data: quote, ask: { symbol } });
}

/** What is polled, and how often. */
export const routes = [list, put, remove];
