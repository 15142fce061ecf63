import { z } from '@hono/zod-openapi';
import { callName } from '../../gateways/finnhub/plan.ts';
import { searchSymbols } from '../../jobs/market/search-symbols.job.ts';
import { SearchWords, searchFreshMs, searchName } from '../../market/symbol-search.ts';
import { defineRoute } from '../http/define-route.ts';
import { marketAnswers, observed, PreferHeader } from './market-answers.ts';
import { askFor } from '../../market/read-market.ts';
import { answerRead } from './answer-read.ts';

const Hit = z.object({
  symbol: z.string(),
  description: z.string(),
  display_symbol: z.string(),
  type: z.string(),
});
const SearchView = z.object({ q: z.string(), count: z.int(), data: z.array(Hit), ...observed }).openapi('SymbolSearch');

const search = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/search',
    operationId: 'searchSymbols',
    summary: 'The symbols that fit some words, best first.',
    tags: ['market'],
    request: { query: z.object({ q: SearchWords.meta({ example: 'apple' }) }), headers: PreferHeader },
    responses: marketAnswers(
      'What was found.',
      SearchView,
      {
        q: 'apple',
        count: 1,
        data: [{ symbol: 'AAPL', description: 'Apple Inc', display_symbol: 'AAPL', type: 'Common Stock' }],
        as_of: '2026-11-22T10:00:00.000Z',
        source: 'finnhub',
        stale: false,
      },
      undefined,
    ),
  },
  async (c) => {
    const { q } = c.req.valid('query');
    const { ctx } = c.var;
    return answerRead(c, {
      named: q,
      name: searchName(q),
      freshMs: searchFreshMs,
      // Nothing of a search is in MySQL.
      stored: async () => undefined,
      ask: (lane) => askFor(ctx.jobs, searchSymbols, { q }, lane),
      call: callName('/search'),
    });
  },
);

/** Searching. */
export const routes = [search];
