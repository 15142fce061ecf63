import { z } from 'zod';

/** A quote in the provider's own keys; prices in the security's currency, `t` in UNIX seconds. */
export type FinnhubQuote = z.output<typeof Quote>;

/** A company as the provider knows it; what it does not know is null. Capitalisation and shares are in millions. */
export type FinnhubCompany = z.output<typeof Company>;

/** An article; `datetime` in UNIX seconds. Texts may hold markup: they are the publisher's. */
export type FinnhubArticle = z.output<typeof Article>;

/** A symbol that a search has found. */
export type FinnhubHit = z.output<typeof Search>['result'][number];

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
export type FinnhubHoliday = z.output<typeof Holidays>['data'][number];

// Older records lack the changes.
const Change = z
  .number()
  .min(-mostPrice)
  .max(mostPrice)
  .nullish()
  .transform((value) => value ?? null);

/** What `/quote` answers. */
export const Quote = z.object({
  c: Price,
  d: Change,
  dp: Change,
  h: Price,
  l: Price,
  o: Price,
  pc: Price,
  t: Moment,
});

// Funds and the like come with empty texts and zeros where nothing is known.
const Known = (most: number) =>
  z
    .string()
    .max(most)
    .nullish()
    .transform((value) => (value === undefined || value === '' || value === 'N/A' ? null : value));
const Amount = z
  .number()
  .nonnegative()
  .max(1e15)
  .nullish()
  .transform((value) => value || null);

const Company = z.object({
  ticker: z.string().min(1).max(32),
  name: z.string().min(1).max(255),
  country: Known(100),
  currency: Known(10),
  estimateCurrency: Known(10),
  exchange: Known(255),
  finnhubIndustry: Known(255),
  ipo: Known(10),
  logo: Known(2_000),
  marketCapitalization: Amount,
  phone: Known(50),
  shareOutstanding: Amount,
  weburl: Known(2_000),
});

/** What `/stock/profile2` answers: a company, or an empty object for what is none. */
export const Profile = z.union([Company, z.strictObject({}).transform(() => undefined)]);

// As long as MySQL's text columns are sure to hold it.
const Text = z.string().max(16_000).default('');

const Article = z.object({
  id: z.int().positive(),
  datetime: Moment.min(1),
  headline: Text.pipe(z.string().min(1)),
  category: z.string().max(100).default(''),
  image: Text,
  related: z.string().max(255).default(''),
  source: z.string().max(255).default(''),
  summary: Text,
  url: Text,
});

/** What `/company-news` answers. */
export const News = z.array(Article);

/** The most bytes that an answer can have: lists some thousand entries, anything else some kilobytes. */
export function mostBytesOf(path: string): number {
  return path === '/company-news' || path === '/search' ? 1024 * 1024 : 64 * 1024;
}

/** What `/search` answers. */
export const Search = z.object({
  result: z.array(
    z.object({
      symbol: z.string(),
      description: z.string().default(''),
      displaySymbol: z.string().default(''),
      type: z.string().default(''),
    }),
  ),
});

/** What `/forex/rates` answers: units of each currency for one of the base. */
export const Forex = z.object({ base: z.string(), quote: z.record(z.string(), z.number().nonnegative().max(1e15)) });

/** What `/stock/market-status` answers. */
export const Status = z.object({ isOpen: z.boolean() });

/** What `/stock/market-holiday` answers. */
export const Holidays = z.object({
  data: z
    .array(
      z.object({
        atDate: z.iso.date(),
        tradingHour: z.union([z.literal(''), z.string().regex(/^\d\d:\d\d-\d\d:\d\d$/)]),
      }),
    )
    .max(1_000),
});
