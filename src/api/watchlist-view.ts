import { z } from '@hono/zod-openapi';
import { pollingIn } from '../market/cadence.ts';
import { closedEveryMs } from '../market/hours.ts';
import { nextPoll } from '../market/slots.ts';
import type { Watched, Watchlist } from '../market/watchlist.ts';

/** A watched symbol as administrators see it. */
export const WatchedView = z
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
    added_by: z.int().nullable().openapi({ description: 'The administrator; null: WATCHLIST named it.' }),
    created_at: z.string(),
  })
  .openapi('WatchedSymbol');

/** What polling takes of the plan. */
export const PollingView = z.object({
  window_ms: z.int(),
  calls: z.number().openapi({ description: 'A window, when every market is open.' }),
  most_calls: z.number().openapi({ description: 'The rest of the plan is for people.' }),
});

/** A watched symbol of the examples. */
export const exampleWatched = {
  symbol: 'AAPL',
  kind: 'stock' as const,
  every_seconds: 16,
  market: 'open' as const,
  next_run_at: '2026-11-23T15:00:09.120Z',
  last_polled_at: '2026-11-23T14:59:53.871Z',
  added_by: null,
  created_at: '2026-11-22T10:00:00.000Z',
};

/** Shows a watched symbol at a moment. */
export function watchedView(
  watched: Watched,
  now: Date,
  { isOpen, isPolled }: { isOpen: boolean | undefined; isPolled: boolean },
) {
  const { symbol, kind, everySeconds, addedBy, createdAt, polledAt } = watched;
  const market = kind === 'crypto' ? 'always' : isOpen === undefined ? 'unknown' : isOpen ? 'open' : 'closed';
  const restsUntilMs = market === 'closed' && polledAt ? polledAt.getTime() + closedEveryMs : 0;
  return {
    symbol,
    kind,
    every_seconds: everySeconds,
    market,
    next_run_at: isPolled ? new Date(nextPoll(watched, now.getTime(), restsUntilMs)).toISOString() : null,
    last_polled_at: polledAt?.toISOString() ?? null,
    added_by: addedBy ?? null,
    created_at: createdAt.toISOString(),
  } as const;
}

/** Shows what polling takes. */
export function pollingView(watched: readonly Watched[], { plan, isPolled }: Watchlist): z.output<typeof PollingView> {
  const cadences = isPolled ? watched.map(({ everySeconds }) => everySeconds) : [];
  const { calls, mostCalls } = pollingIn(cadences, plan);
  return { window_ms: plan.windowMs, calls: rounded(calls), most_calls: rounded(mostCalls) };
}

function rounded(calls: number): number {
  return Math.round(calls * 1_000) / 1_000;
}
