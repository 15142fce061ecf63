import { z } from '@hono/zod-openapi';
import type { Context } from '../../context.ts';
import { callName } from '../../gateways/finnhub/plan.ts';
import { fetchCrypto } from '../../jobs/market/fetch-crypto.job.ts';
import { fetchQuote } from '../../jobs/market/fetch-quote.job.ts';
import { isCrypto } from '../../market/symbol.ts';
import { quoteName, storedQuote } from '../../market/quote.ts';
import { askFor, type MarketRead } from '../../market/read-market.ts';

/** What every answer from a stored copy says of itself. */
export const observed = {
  as_of: z.string().openapi({ description: 'When it was observed, RFC 3339.' }),
  source: z.string(),
  stale: z.boolean().openapi({ description: 'Older than its time; a fetch is under way.' }),
} as const;

/** The answer while a fetch is still under way. */
export const Pending = z.object({ job_id: z.string(), state: z.literal('waiting') }).openapi('Pending');

/** How long the caller is willing to wait when nothing is stored. */
export const PreferHeader = z.object({ prefer: z.string().max(200).optional().openapi({ example: 'wait=5' }) });

/** Every answer of a read from stored copies. */
export function marketAnswers<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: z.input<Schema>,
  notFound: 'unknown_symbol' | undefined = 'unknown_symbol',
) {
  return {
    200: { description, content: { 'application/json': { schema, example } } },
    202: {
      description: 'Still being fetched; the job’s address is in Location.',
      content: {
        'application/json': {
          schema: Pending,
          example: { job_id: '019341d2-0000-7000-8000-000000000003', state: 'waiting' as const },
        },
      },
    },
    304: { description: 'The copy that If-None-Match names is still the newest.' },
    ...(notFound ? { 404: { description: notFound } } : {}),
    503: { description: 'market_busy, upstream_unavailable, provider_plan_required or not_configured' },
  };
}

/** The price of a symbol. A pair at an exchange is one thing under whatever path: one copy, one fetch. */
export function priceOf(ctx: Context, symbol: string): MarketRead {
  return {
    name: quoteName(symbol),
    named: symbol,
    freshMs: isCrypto(symbol) ? ctx.market.freshMs.crypto : ctx.market.freshMs.quote,
    stored: (em) => storedQuote(em, symbol),
    ask: (lane) => askFor(ctx.jobs, isCrypto(symbol) ? fetchCrypto : fetchQuote, { symbol }, lane),
    call: callName('/quote', symbol),
  };
}
