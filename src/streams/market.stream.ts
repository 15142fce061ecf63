import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** Prices and news as they are stored. The subject of each event is the canonical symbol, of rates their base. */
export const market = defineStream({
  name: 'market',
  summary: 'Market data, in order per symbol.',
  maxLength: 100_000,
});

/**
 * The provider's quote keys: current, change, change in percent, high, low, open, previous close, UNIX seconds. All but the
 * price and its time may be unknown.
 */
export const QuoteKeys = z.object({
  c: z.number(),
  d: z.number().nullable(),
  dp: z.number().nullable(),
  h: z.number().nullable(),
  l: z.number().nullable(),
  o: z.number().nullable(),
  pc: z.number().nullable(),
  t: z.int(),
});

const observed = { as_of: z.string(), source: z.string() };
const exampleObserved = { as_of: '2025-09-19T20:00:01.000Z', source: 'finnhub' };

/** A new observation of a price has been stored. */
export const quoteUpdated = defineEvent(market, {
  type: 'quote.updated',
  schema: 1,
  summary: 'A stock quote has been fetched and stored.',
  data: QuoteKeys.extend({ symbol: z.string(), ...observed }),
  example: {
    subject: 'AAPL',
    data: {
      symbol: 'AAPL',
      c: 245.5,
      d: 7.62,
      dp: 3.2033,
      h: 246.3,
      l: 240.2106,
      o: 241.225,
      pc: 237.88,
      t: 1758312000,
      ...exampleObserved,
    },
  },
});

/** A new observation of a coin's price has been stored. */
export const cryptoUpdated = defineEvent(market, {
  type: 'crypto.updated',
  schema: 1,
  summary: 'A crypto price has been fetched and stored.',
  data: QuoteKeys.extend({ symbol: z.string(), ...observed }),
  example: {
    subject: 'BINANCE:BTCUSDT',
    data: {
      symbol: 'BINANCE:BTCUSDT',
      c: 91_204.5,
      d: 412.3,
      dp: 0.4541,
      h: 91_890,
      l: 90_310.12,
      o: 90_800,
      pc: 90_792.2,
      t: 1758312000,
      ...exampleObserved,
    },
  },
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
  example: {
    subject: 'AAPL',
    data: {
      symbol: 'AAPL',
      country: 'US',
      currency: 'USD',
      estimateCurrency: 'USD',
      exchange: 'NASDAQ NMS - GLOBAL MARKET',
      finnhubIndustry: 'Technology',
      ipo: '1980-12-12',
      logo: null,
      marketCapitalization: 3_650_000,
      name: 'Apple Inc',
      phone: '14089961010',
      shareOutstanding: 14_840.39,
      ticker: 'AAPL',
      weburl: 'https://www.apple.com/',
      ...exampleObserved,
    },
  },
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
  example: {
    subject: 'AAPL',
    data: {
      symbol: 'AAPL',
      from: '2025-09-13',
      to: '2025-09-19',
      count: 1,
      data: [{ id: 136_700_001, datetime: 1758312000, headline: 'Apple opens a new store' }],
      ...exampleObserved,
    },
  },
});

/** New rates of a base: units of each currency for one of it. `as_of` is the moment for which they hold. */
export const forexUpdated = defineEvent(market, {
  type: 'forex.updated',
  schema: 1,
  summary: 'Exchange rates of a base have been fetched and stored.',
  data: z.object({ base: z.string(), quote: z.record(z.string(), z.number().positive()), ...observed }),
  example: {
    subject: 'USD',
    data: {
      base: 'USD',
      quote: { USD: 1, EUR: 0.8512, GBP: 0.7421 },
      as_of: '2025-09-19T14:00:00.000Z',
      source: 'ecb',
    },
  },
});
