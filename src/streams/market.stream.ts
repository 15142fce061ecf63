import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** Prices and news as they are stored. The subject of each event is the canonical symbol. */
export const market = defineStream({
  name: 'market',
  summary: 'Market data, in order per symbol.',
  maxLength: 100_000,
});

/** The provider's quote keys: current, change, change in percent, high, low, open, previous close, UNIX seconds. */
export const QuoteKeys = z.object({
  c: z.number(),
  d: z.number().nullable(),
  dp: z.number().nullable(),
  h: z.number(),
  l: z.number(),
  o: z.number(),
  pc: z.number(),
  t: z.int(),
});

/** A new observation of a price has been stored. */
export const quoteUpdated = defineEvent(market, {
  type: 'quote.updated',
  schema: 1,
  summary: 'A stock quote has been fetched and stored.',
  data: QuoteKeys.extend({ symbol: z.string(), as_of: z.string(), source: z.string() }),
});
