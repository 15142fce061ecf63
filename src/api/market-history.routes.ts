import { z } from '@hono/zod-openapi';
import { CryptoSymbol } from '../market/crypto-symbol.ts';
import { Currency } from '../market/currency.ts';
import { mostPrices, mostRates, priceHistory, rateHistory } from '../market/price-history.ts';
import { Symbol } from '../market/symbol.ts';
import { QuoteKeys } from '../streams/market.stream.ts';
import { defineRoute } from './define-route.ts';
import { exampleQuote } from './examples.ts';
import { Moment, spanOf } from './market-span.ts';

const aboutSpan = (most: number) =>
  `What was observed and stored, by \`as_of\`, oldest first; no upstream call. What the provider says again, moment and all, is one observation. \`from\` and \`to\` are RFC 3339 times or days (UTC, both included); by default the last 7 days. At most ${most} observations: when there are more, \`next_from\` is the \`from\` to go on with, else null.`;

const span = {
  from: Moment.optional().openapi({ example: '2025-09-19' }),
  to: Moment.optional().openapi({ example: '2025-09-19T21:00:00Z' }),
};
const spanView = { from: z.string(), to: z.string() };
const going = { next_from: z.string().nullable() };
const seen = { as_of: z.string(), source: z.string() };

const PricesView = z
  .object({ symbol: z.string(), ...spanView, data: z.array(QuoteKeys.extend(seen)), ...going })
  .openapi('PriceHistory');
const RatesView = z
  .object({
    base: z.string(),
    ...spanView,
    data: z.array(z.object({ quote: z.record(z.string(), z.number()), ...seen })),
    ...going,
  })
  .openapi('RateHistory');

const { symbol: _symbol, stale: _stale, ...examplePrice } = exampleQuote;
const exampleSpan = { from: '2025-09-19T00:00:00.000Z', to: '2025-09-19T21:00:00.000Z', next_from: null };

const quotes = priceRoute({
  path: '/market/quote/history',
  operationId: 'readQuoteHistory',
  summary: 'The stored prices of a symbol over time.',
  symbol: Symbol.meta({ example: 'AAPL' }),
});

const crypto = priceRoute({
  path: '/market/crypto/history',
  operationId: 'readCryptoHistory',
  summary: 'The stored prices of a coin over time.',
  symbol: CryptoSymbol.meta({ example: 'BTC' }),
});

function priceRoute(of: Readonly<{ path: string; operationId: string; summary: string; symbol: z.ZodString }>) {
  const { symbol, ...named } = of;
  return defineRoute(
    'public',
    {
      method: 'get',
      ...named,
      description: aboutSpan(mostPrices),
      tags: ['market'],
      request: { query: z.object({ symbol, ...span }) },
      responses: {
        200: {
          description: 'The observations.',
          content: {
            'application/json': {
              schema: PricesView,
              example: { symbol: 'AAPL', ...exampleSpan, data: [examplePrice] },
            },
          },
        },
      },
    },
    async (c) => {
      const query = c.req.valid('query');
      const asked = spanOf(query, c.var.ctx.now());
      const history = await priceHistory(c.var.ctx.orm.em.fork(), query.symbol, asked);
      return c.json({ symbol: query.symbol, ...asked.view, ...history }, 200);
    },
  );
}

const forex = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/forex/history',
    operationId: 'readForexHistory',
    summary: 'The stored exchange rates of a base over time.',
    description: aboutSpan(mostRates),
    tags: ['market'],
    request: { query: z.object({ base: Currency.meta({ example: 'USD' }), ...span }) },
    responses: {
      200: {
        description: 'The observations.',
        content: {
          'application/json': {
            schema: RatesView,
            example: {
              base: 'USD',
              ...exampleSpan,
              data: [{ quote: { EUR: 0.85 }, as_of: '2025-09-19T14:00:00.000Z', source: 'ecb' }],
            },
          },
        },
      },
    },
  },
  async (c) => {
    const { base, ...named } = c.req.valid('query');
    const asked = spanOf(named, c.var.ctx.now());
    return c.json({ base, ...asked.view, ...(await rateHistory(c.var.ctx.orm.em.fork(), base, asked)) }, 200);
  },
);

/** What was observed before. */
export const routes = [quotes, crypto, forex];
