import { z } from '@hono/zod-openapi';
import { CryptoSymbol, Symbol } from '../../market/symbol.ts';
import { Currency } from '../../money/currency.ts';
import { type HistoryPage, priceHistory, rateHistory, type Span } from '../../market/price-history.ts';
import { QuoteKeys } from '../../streams/market.stream.ts';
import { placeId, placesOf, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import { exampleQuote } from '../docs/examples.ts';
import { Moment, type NamedSpan, spanOf } from '../http/span.ts';

const spanQuery = {
  from: Moment.optional().openapi({ example: '2025-09-19' }),
  to: Moment.optional().openapi({ example: '2025-09-19T21:00:00Z' }),
  ...PageQuery,
};
const spanView = { from: z.string(), to: z.string() };
const going = { next_cursor: z.string().nullable() };
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
const exampleSpan = { from: '2025-09-19T00:00:00.000Z', to: '2025-09-19T21:00:00.000Z', next_cursor: null };

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
      tags: ['market'],
      request: { query: z.object({ symbol, ...spanQuery }) },
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
      const { symbol: name } = query;
      const { orm, now } = c.var.ctx;
      const history = await readHistory(`prices:${name}`, query, now(), (span, page) =>
        priceHistory(orm.em.fork(), name, span, page),
      );
      return c.json({ symbol: name, ...history }, 200);
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
    tags: ['market'],
    request: { query: z.object({ base: Currency.meta({ example: 'USD' }), ...spanQuery }) },
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
    const { base, ...query } = c.req.valid('query');
    const { orm, now } = c.var.ctx;
    const history = await readHistory(`rates:${base}`, query, now(), (span, page) =>
      rateHistory(orm.em.fork(), base, span, page),
    );
    return c.json({ base, ...history }, 200);
  },
);

const Observations = placesOf(/^\d{1,20}$/);
type Asked = NamedSpan & Readonly<{ cursor?: string | undefined; limit: number }>;
type Observed<Keys> = Readonly<{ at: Date; rank: string; keys: Keys }>;

/** A page of what `find` knows of the span asked for. The cursor is good for the same `from` and `to`. */
async function readHistory<Keys>(
  of: string,
  asked: Asked,
  now: Date,
  find: (span: Span, page: HistoryPage) => Promise<Observed<Keys>[]>,
) {
  const { from, to, cursor, limit } = asked;
  const listName = `history:${of}:${from ?? ''}:${to ?? ''}`;
  const after = cursor === undefined ? undefined : readCursor(listName, cursor, Observations);
  const { view, ...span } = spanOf(asked, now);
  const found = await find(span, { after, limit: limit + 1 });
  const rows = found.map((observed) => ({ id: placeId(observed), keys: observed.keys }));
  const { page, next_cursor } = cutPage(listName, rows, limit);
  return { ...view, data: page.map(({ keys }) => keys), next_cursor };
}

/** What was observed before. */
export const routes = [quotes, crypto, forex];
