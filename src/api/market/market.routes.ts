import { z } from '@hono/zod-openapi';
import { CryptoSymbol, Symbol } from '../../market/symbol.ts';
import { QuoteKeys } from '../../streams/market.stream.ts';
import { defineRoute } from '../http/define-route.ts';
import { exampleQuote } from '../docs/examples.ts';
import { marketAnswers, observed, PreferHeader, priceOf } from './market-answers.ts';
import { answerRead } from './answer-read.ts';

/** A price with the provider's keys, as every route of prices answers it. */
export const QuoteView = QuoteKeys.extend({ symbol: z.string(), ...observed }).openapi('Quote');

const quote = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/quote',
    operationId: 'readQuote',
    summary: 'A stock or crypto price in the provider’s own keys.',
    tags: ['market'],
    request: { query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }), headers: PreferHeader },
    responses: marketAnswers('The quote.', QuoteView, exampleQuote),
  },
  async (c) => answerRead(c, priceOf(c.var.ctx, c.req.valid('query').symbol)),
);

const crypto = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/crypto',
    operationId: 'readCrypto',
    summary: 'A coin’s price at an exchange, in the provider’s own keys.',
    tags: ['market'],
    request: { query: z.object({ symbol: CryptoSymbol.meta({ example: 'BTC' }) }), headers: PreferHeader },
    responses: marketAnswers('The price.', QuoteView, {
      ...exampleQuote,
      symbol: 'BINANCE:BTCUSDT',
      c: 91_204.5,
      d: 412.3,
      dp: 0.4541,
      h: 91_890,
      l: 90_310.12,
      o: 90_800,
      pc: 90_792.2,
    }),
  },
  async (c) => answerRead(c, priceOf(c.var.ctx, c.req.valid('query').symbol)),
);

/** Prices, from stored copies first. */
export const routes = [quote, crypto];
