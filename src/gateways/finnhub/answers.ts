import { z } from 'zod';
import { listOf, optional, tableOf } from '../http/lenient.ts';

/** A quote in the provider's own keys; prices in the security's currency, `t` in UNIX seconds. */
export type FinnhubQuote = z.output<typeof Quote>;

/** A company as the provider knows it; what it does not know is null. Capitalisation and shares are in millions. */
export type FinnhubCompany = z.output<typeof Company>;

/** An article; `datetime` in UNIX seconds. Texts may hold markup: they are the publisher's. */
export type FinnhubArticle = z.output<typeof Article>;

/** A symbol that a search has found. */
export type FinnhubHit = z.output<typeof Hit>;

// As large as the columns hold, and larger than any price.
const mostPrice = 1e11;
const Price = z.number().nonnegative().max(mostPrice);

// Clocks differ, and a day may have begun elsewhere; beyond that the future is not known.
const aheadMs = 86_400_000;
const Moment = z
  .int()
  .nonnegative()
  .refine((seconds) => seconds * 1_000 < Date.now() + aheadMs, 'must not lie in the future');

/** A day on which an exchange does not trade as usual; the hours are empty when it is closed. */
export type FinnhubHoliday = z.output<typeof Holiday>;

// Older records lack the changes.
const Change = (name: string) =>
  optional(name, z.number().min(-mostPrice).max(mostPrice).nullable().default(null), null);

// What stands beside the price.
const Side = (name: string) => optional(name, Price.nullable().default(null), null);

/** What `/quote` answers. */
export const Quote = z.object({
  c: Price,
  d: Change('d'),
  dp: Change('dp'),
  h: Side('h'),
  l: Side('l'),
  o: Side('o'),
  pc: Side('pc'),
  t: Moment,
});

// Funds and the like come with empty texts and zeros where nothing is known.
const Known = (name: string, most: number) => {
  const text = z.string().max(most).nullable().default(null);
  return optional(
    name,
    text.transform((value) => (value === '' || value === 'N/A' ? null : value)),
    null,
  );
};
const Amount = (name: string) => {
  const amount = z.number().nonnegative().max(1e15).nullable().default(null);
  return optional(
    name,
    amount.transform((value) => value || null),
    null,
  );
};

const Company = z.object({
  ticker: z.string().min(1).max(32),
  name: z.string().min(1).max(255),
  country: Known('country', 100),
  currency: Known('currency', 10),
  estimateCurrency: Known('estimateCurrency', 10),
  exchange: Known('exchange', 255),
  finnhubIndustry: Known('finnhubIndustry', 255),
  ipo: Known('ipo', 10),
  logo: Known('logo', 2_000),
  marketCapitalization: Amount('marketCapitalization'),
  phone: Known('phone', 50),
  shareOutstanding: Amount('shareOutstanding'),
  weburl: Known('weburl', 2_000),
});

/** What `/stock/profile2` answers: a company, or an empty object for what is none. */
export const Profile = z.union([Company, z.strictObject({}).transform(() => undefined)]);

// As long as MySQL's text columns are sure to hold it.
const mostText = 16_000;
const Text = (name: string, most = mostText) => optional(name, z.string().max(most).default(''), '');

const Article = z.object({
  id: z.int().positive(),
  datetime: Moment.min(1),
  headline: z.string().min(1).max(mostText),
  category: Text('category', 100),
  image: Text('image'),
  related: Text('related', 255),
  source: Text('source', 255),
  summary: Text('summary'),
  url: Text('url'),
});

/** What `/company-news` answers. */
export const News = listOf('article', Article);

/** The most bytes that an answer can have: lists some thousand entries, anything else some kilobytes. */
export function mostBytesOf(path: string): number {
  return path === '/company-news' || path === '/search' ? 1024 * 1024 : 64 * 1024;
}

const Hit = z.object({
  symbol: z.string().min(1).max(255),
  description: Text('description'),
  displaySymbol: Text('displaySymbol', 255),
  type: Text('type', 255),
});

/** What `/search` answers. */
export const SymbolSearch = z.object({ result: listOf('hit', Hit) });

// Zero is what is not known; beyond these no currency is worth anything, and none has so many digits.
const Rate = z.union([z.literal(0), z.number().min(1e-12).max(1e15)]);

/** What `/forex/rates` answers: units of each currency for one of the base. */
export const Forex = z.object({ base: z.string(), quote: tableOf('rate', Rate) });

/** What `/stock/market-status` answers. */
export const MarketStatus = z.object({ isOpen: z.boolean() });

const Holiday = z.object({
  atDate: z.iso.date(),
  tradingHour: z.union([z.literal(''), z.string().regex(/^\d\d:\d\d-\d\d:\d\d$/)]),
});

/** What `/stock/market-holiday` answers. */
export const Holidays = z.object({ data: listOf('holiday', Holiday) });
