import { z } from 'zod';
import { symbolSearch } from '../../gateways/finnhub/answers.ts';
import { defineMarketData } from '../define-market-data.ts';

const freshSeconds = 3_600;
// The provider's best come first; whoever wants more has words that say more.
const most = 100;

const SearchWords = z
  .string()
  .overwrite((words) => words.trim().replaceAll(/\s+/g, ' '))
  .min(1, 'must name something')
  .max(64);

/** The symbols that fit some words. What is found is kept in the cache alone: it belongs to nobody. */
export const search = defineMarketData({
  name: 'search',
  what: 'the symbols that fit some words',
  summary: 'The symbols that fit some words, best first.',
  freshSeconds,
  keptSeconds: freshSeconds,
  payload: z.object({ q: SearchWords }),
  query: z.object({ q: SearchWords.meta({ example: 'apple' }) }),
  answer: z.object({
    count: z.int(),
    data: z.array(
      z.object({ symbol: z.string(), description: z.string(), display_symbol: z.string(), type: z.string() }),
    ),
  }),
  example: {
    q: 'apple',
    count: 1,
    data: [{ symbol: 'AAPL', description: 'Apple Inc', display_symbol: 'AAPL', type: 'Common Stock' }],
    as_of: '2026-11-22T10:00:00.000Z',
    source: 'finnhub',
  },
  call: ({ q }) => symbolSearch(q),
  store: {
    last: async () => undefined,
    write: async (_tx, sayings) =>
      sayings.map(({ ask: { q }, said: { result }, seen: { observedAt, source } }) => {
        const data = result.slice(0, most).map(({ symbol, description, displaySymbol, type }) => ({
          symbol,
          description,
          display_symbol: displaySymbol,
          type,
        }));
        const facts = { q, count: data.length, data, as_of: observedAt.toISOString(), source };
        return { seen: { facts, observedAt } };
      }),
    pruned: [],
  },
  event: false,
  kind: 'search-symbols',
  operationId: 'searchSymbols',
});
