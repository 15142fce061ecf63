import type { ApiContext } from '../context.ts';
import { callName } from '../gateways/plan.ts';
import { fetchCrypto } from '../jobs/fetch-crypto.job.ts';
import { fetchQuote } from '../jobs/fetch-quote.job.ts';
import { isCrypto } from '../market/crypto-symbol.ts';
import { quoteName, storedQuote } from '../market/quote-copy.ts';
import { askFor, type MarketRead } from './read-market.ts';

/** The price of a symbol. A pair at an exchange is one thing under whatever path: one copy, one fetch. */
export function priceOf(ctx: ApiContext, symbol: string): MarketRead {
  return {
    name: quoteName(symbol),
    freshMs: isCrypto(symbol) ? ctx.freshMs.crypto : ctx.freshMs.quote,
    stored: (em) => storedQuote(em, symbol),
    ask: (lane) => askFor(ctx, isCrypto(symbol) ? fetchCrypto : fetchQuote, { symbol }, lane),
    call: callName('/quote', symbol),
  };
}
