import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** Prices and news as they are stored. The subject of each event is the canonical symbol, of rates their base. */
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

const observed = { as_of: z.string(), source: z.string() };

/** A new observation of a price has been stored. */
export const quoteUpdated = defineEvent(market, {
  type: 'quote.updated',
  schema: 1,
  summary: 'A stock quote has been fetched and stored.',
  data: QuoteKeys.extend({ symbol: z.string(), ...observed }),
});

/** A new observation of a coin's price has been stored. */
export const cryptoUpdated = defineEvent(market, {
  type: 'crypto.updated',
  schema: 1,
  summary: 'A crypto price has been fetched and stored.',
  data: QuoteKeys.extend({ symbol: z.string(), ...observed }),
});

/** The provider's profile keys; null is not known. Capitalisation and shares are in millions. */
export const CompanyKeys = z.object({
  country: z.string().nullable(),
  currency: z.string().nullable(),
  estimateCurrency: z.string().nullable(),
  exchange: z.string().nullable(),
  finnhubIndustry: z.string().nullable(),
  ipo: z.string().nullable(),
  logo: z.string().nullable(),
  marketCapitalization: z.number().nullable(),
  name: z.string(),
  phone: z.string().nullable(),
  shareOutstanding: z.number().nullable(),
  ticker: z.string(),
  weburl: z.string().nullable(),
});

/** A company's profile has been fetched, whether or not it says something new. */
export const companyUpdated = defineEvent(market, {
  type: 'company.updated',
  schema: 1,
  summary: 'A company’s profile has been fetched and stored.',
  data: CompanyKeys.extend({ symbol: z.string(), ...observed }),
});

/** One event a fetch: the articles that were not stored before. `data` holds the newest 50 of `count`. */
export const newsPublished = defineEvent(market, {
  type: 'news.published',
  schema: 1,
  summary: 'Articles about a symbol have been stored for the first time.',
  data: z.object({
    symbol: z.string(),
    from: z.string(),
    to: z.string(),
    count: z.int().positive(),
    data: z.array(z.object({ id: z.int(), datetime: z.int(), headline: z.string() })).max(50),
    ...observed,
  }),
});

/** New rates of a base: units of each currency for one of it. `as_of` is the moment for which they hold. */
export const forexUpdated = defineEvent(market, {
  type: 'forex.updated',
  schema: 1,
  summary: 'Exchange rates of a base have been fetched and stored.',
  data: z.object({ base: z.string(), quote: z.record(z.string(), z.number().positive()), ...observed }),
});
