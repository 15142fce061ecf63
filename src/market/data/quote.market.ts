import { z } from 'zod';
import { StockQuote } from '../../entities/market.entity.ts';
import { defineMarketData } from '../define-market-data.ts';
import { examplePrice, Poll, PriceKeys, pricesIn, quoteCall } from '../price.ts';
import { isCrypto, Symbol } from '../symbol.ts';
import { crypto } from './crypto.market.ts';

/** A share's price. */
export const quote = defineMarketData({
  name: 'quote',
  what: 'a stock quote',
  summary: 'A stock or crypto price in the provider’s own keys.',
  freshSeconds: 'QUOTE_TTL_SECONDS',
  payload: z.object({ symbol: Symbol, poll: Poll }),
  query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }),
  answer: PriceKeys,
  example: { symbol: 'AAPL', ...examplePrice, as_of: '2025-09-19T20:00:01.000Z', source: 'finnhub' },
  call: ({ symbol }) => quoteCall(symbol),
  silence: 'fault',
  store: pricesIn(StockQuote),
  // A pair at an exchange is one thing under whatever path: one copy, one fetch.
  sameAs: ({ symbol }) => (isCrypto(symbol) ? crypto : undefined),
});

/** The kind of price that a symbol has. */
export function priceOf(symbol: string): typeof quote {
  return isCrypto(symbol) ? crypto : quote;
}
