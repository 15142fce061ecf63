import { z } from '@hono/zod-openapi';
import type { Context } from '../../context.ts';
import { type Copy, freshLeftMs } from '../../market/copy.ts';
import { priceOf, quote } from '../../market/data/quote.market.ts';
import { copyName } from '../../market/market-data.ts';
import { storedPrices } from '../../market/price.ts';
import { Symbol } from '../../market/symbol.ts';
import { defineRoute } from '../http/define-route.ts';
import { exampleOf, viewOf } from './market-answers.ts';

const most = 50;
const Symbols = z
  .string()
  .transform((text) => [...new Set(text.split(',').map((part) => part.trim()))])
  .pipe(z.array(Symbol).min(1).max(most, `must be at most ${most} symbols`))
  // Two spellings may be one symbol.
  .transform((symbols) => [...new Set(symbols)]);

const quotes = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/quotes',
    operationId: 'readQuotes',
    summary: 'The stored prices of up to 50 symbols, without asking the provider.',
    tags: ['market'],
    request: {
      query: z.object({
        symbols: Symbols.openapi({ type: 'string', example: 'AAPL,MSFT', description: 'Separated by commas.' }),
      }),
    },
    responses: {
      200: {
        description: 'What is stored.',
        content: {
          'application/json': {
            schema: z.object({ data: z.array(viewOf(quote)), missing: z.array(z.string()) }).openapi('Quotes'),
            example: { data: [exampleOf(quote)], missing: ['MSFT'] },
          },
        },
      },
      503: { description: 'unavailable' },
    },
  },
  async (c) => {
    const { symbols } = c.req.valid('query');
    const { ctx } = c.var;
    const copies = await newestCopies(ctx, symbols);
    // Stored answers are put together as they are: nothing of them is parsed or written again.
    const bodies = [...copies].map(([symbol, copy]) => `${copy.body},"stale":${isStale(ctx, symbol, copy)}}`);
    const missing = symbols.filter((symbol) => !copies.has(symbol));
    const body = `{"data":[${bodies.join(',')}],"missing":${JSON.stringify(missing)}}`;
    return c.body(body, 200, { 'content-type': 'application/json' });
  },
);

/** The copies of the symbols, in their order: from Redis at once, those that it lacks from MySQL. */
async function newestCopies(ctx: Context, symbols: readonly string[]): Promise<ReadonlyMap<string, Copy>> {
  const cached = await ctx.market.cache
    .readAll(symbols.map((symbol) => copyName(quote, { symbol })))
    .catch((): undefined[] => []);
  const missed = symbols.filter((_, index) => !cached[index]);
  const stored = await storedPrices(ctx.orm.em.fork(), missed);
  const found = symbols.map((symbol, index): [string, Copy | undefined] => [
    symbol,
    cached[index] ?? stored.get(symbol),
  ]);
  return new Map(found.flatMap(([symbol, copy]): [string, Copy][] => (copy ? [[symbol, copy]] : [])));
}

function isStale({ market: { freshMs }, now }: Context, symbol: string, copy: Copy): boolean {
  return freshLeftMs(copy, freshMs(priceOf(symbol)), now()) <= 0;
}

/** Many prices at once. */
export const routes = [quotes];
