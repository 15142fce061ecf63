import type { InferEntity } from '@mikro-orm/mysql';
import { z } from 'zod';
import { amountScale } from '../../entities/market-columns.ts';
import { CompanyProfile } from '../../entities/market.entity.ts';
import { Known, KnownNumber, WholeText } from '../../gateways/finnhub/answers.ts';
import { defineMarketData } from '../define-market-data.ts';
import { oneByOne } from '../market-store.ts';
import { rounded } from '../price.ts';
import { observationOf } from '../series.ts';
import { isSameTicker, Symbol } from '../symbol.ts';

// Funds and the like come with empty texts and zeros where nothing is known.
const Amount = (name: string) =>
  KnownNumber(name, z.number().nonnegative().max(1e15)).transform((amount) =>
    amount === null ? null : rounded(amount, amountScale) || null,
  );

const Profile = z.object({
  ticker: z.string().min(1).max(32),
  name: WholeText.min(1).max(255),
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
const none = z.strictObject({}).transform(() => undefined);
const text = z.string().nullable();

/** A company's profile: of each symbol the last one that the provider gave. */
export const company = defineMarketData({
  name: 'company',
  what: 'a company’s profile',
  summary: 'A company’s profile in the provider’s own keys.',
  freshSeconds: 'COMPANY_TTL_SECONDS',
  isPatient: true,
  payload: z.object({ symbol: Symbol }),
  query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }),
  answer: z.object({
    country: text,
    currency: text,
    estimateCurrency: text,
    exchange: text,
    finnhubIndustry: text,
    ipo: text,
    logo: text,
    marketCapitalization: z.number().nullable(),
    name: z.string(),
    phone: text,
    shareOutstanding: z.number().nullable(),
    ticker: z.string(),
    weburl: text,
  }),
  example: {
    symbol: 'AAPL',
    country: 'US',
    currency: 'USD',
    estimateCurrency: 'USD',
    exchange: 'NASDAQ NMS - GLOBAL MARKET',
    finnhubIndustry: 'Technology',
    ipo: '1980-12-12',
    logo: null,
    marketCapitalization: 3_605_658.2,
    name: 'Apple Inc',
    phone: '14089961010',
    shareOutstanding: 14_687.36,
    ticker: 'AAPL',
    weburl: 'https://www.apple.com/',
    as_of: '2025-09-19T20:00:01.000Z',
    source: 'finnhub',
  },
  // Another ticker's record is none: it is never stored.
  call: ({ symbol }) => ({
    path: '/stock/profile2',
    query: { symbol },
    answer: z.union([Profile.transform((said) => (isSameTicker(said.ticker, symbol) ? said : undefined)), none]),
  }),
  store: {
    async last(em, { symbol }) {
      const row = await em.findOne(CompanyProfile, { symbol }, { disableIdentityMap: true });
      return row ? observationOf(row, keysOf(row)) : undefined;
    },
    write: (tx, sayings) =>
      oneByOne(sayings, async ({ ask: { symbol }, said, seen: { observedAt, source } }) => {
        const { finnhubIndustry: industry, weburl: website, ...profile } = said;
        const row = { symbol, ...profile, industry, website, observedAt, source };
        // A symbol has one row, which a second run writes again.
        await tx.upsert(CompanyProfile, row);
        const seen = observationOf(row, keysOf(row));
        return { seen, told: seen.facts };
      }),
    pruned: [],
  },
});

function keysOf(row: InferEntity<typeof CompanyProfile>) {
  return {
    country: row.country ?? null,
    currency: row.currency ?? null,
    estimateCurrency: row.estimateCurrency ?? null,
    exchange: row.exchange ?? null,
    finnhubIndustry: row.industry ?? null,
    ipo: row.ipo ?? null,
    logo: row.logo ?? null,
    marketCapitalization: row.marketCapitalization ?? null,
    name: row.name,
    phone: row.phone ?? null,
    shareOutstanding: row.shareOutstanding ?? null,
    ticker: row.ticker,
    weburl: row.website ?? null,
  };
}
