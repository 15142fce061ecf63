import { z } from '@hono/zod-openapi';
import { fetchQuote } from '../jobs/fetch-quote.job.ts';
import { quoteName, storedQuote } from '../market/quote-copy.ts';
import { Symbol } from '../market/symbol.ts';
import { QuoteKeys } from '../streams/market.stream.ts';
import { defineRoute } from './define-route.ts';
import { exampleQuote } from './examples.ts';
import { readMarket } from './read-market.ts';

const QuoteView = QuoteKeys.extend({
  symbol: z.string(),
  as_of: z.string(),
  source: z.string(),
  stale: z.boolean(),
}).openapi('Quote');

/** The answer while a fetch is still under way. */
export const Pending = z.object({ job_id: z.string(), state: z.literal('waiting') }).openapi('Pending');

const quote = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/quote',
    operationId: 'readQuote',
    summary: 'A stock or crypto price in the provider’s own keys.',
    description:
      'A fresh copy is answered at once; an old one at once with `stale: true` while a refresh is fetched; without one the answer waits up to `Prefer: wait=N` seconds (default 3, most 10). Keys: `c` current price, `d` change, `dp` change in percent, `h` high, `l` low, `o` open, `pc` previous close, `t` UNIX seconds.',
    tags: ['market'],
    request: {
      query: z.object({ symbol: Symbol.openapi({ example: 'AAPL' }) }),
      headers: z.object({ prefer: z.string().max(200).optional().openapi({ example: 'wait=5' }) }),
    },
    responses: {
      200: { description: 'The quote.', content: { 'application/json': { schema: QuoteView, example: exampleQuote } } },
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
      404: { description: 'unknown_symbol' },
      503: { description: 'market_busy, upstream_unavailable or not_configured' },
    },
  },
  async (c) => {
    const { symbol } = c.req.valid('query');
    const name = quoteName(symbol);
    return readMarket(c, {
      name,
      freshMs: c.var.ctx.freshMs.quote,
      stored: (em) => storedQuote(em, symbol),
      queue: fetchQuote.queue.name,
      enqueue: () => c.var.ctx.producer.enqueue(fetchQuote, { symbol }),
    });
  },
);

/** Market data, from stored copies first. */
export const routes = [quote];
