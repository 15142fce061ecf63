import { p, defineEntity } from '@mikro-orm/mysql';
import { amountScale, listColumns, priceColumns } from './market-columns.ts';

/** One observation of a share's price. The last one of a symbol is its stored copy. */
export const StockQuote = defineEntity({
  name: 'StockQuote',
  tableName: 'stock_quotes',
  uniques: [
    /** What a job has observed is one row, however often it runs. */
    { properties: ['jobId'] },
  ],
  indexes: [
    /** The last of a symbol; and its history, oldest first. */
    { properties: ['symbol', 'observedAt'] },
  ],
  properties: priceColumns(),
});

/** One observation of a coin's price at an exchange. The last one of a symbol is its stored copy. */
export const CryptoData = defineEntity({
  name: 'CryptoData',
  tableName: 'crypto_data',
  uniques: [
    /** What a job has observed is one row, however often it runs. */
    { properties: ['jobId'] },
  ],
  indexes: [
    /** The last of a symbol; and its history, oldest first. */
    { properties: ['symbol', 'observedAt'] },
  ],
  properties: priceColumns(),
});

/** What the provider last said of a company; null where it does not know. Capitalisation and shares are in millions. */
export const CompanyProfile = defineEntity({
  name: 'CompanyProfile',
  tableName: 'company_profiles',
  properties: {
    symbol: p.string().length(32).primary(),
    ticker: p.string().length(32),
    name: p.string().length(255),
    country: p.string().length(100).nullable(),
    currency: p.string().length(10).nullable(),
    estimateCurrency: p.string().length(10).nullable(),
    exchange: p.string().length(255).nullable(),
    industry: p.string().length(255).nullable(),
    ipo: p.string().length(10).nullable(),
    logo: p.string().length(2000).nullable(),
    marketCapitalization: p.decimal('number').precision(30).scale(amountScale).nullable(),
    phone: p.string().length(50).nullable(),
    shareOutstanding: p.decimal('number').precision(30).scale(amountScale).nullable(),
    website: p.string().length(2000).nullable(),
    observedAt: p.datetime(3),
    source: p.string().length(20),
  },
});

/**
 * The rates of one base at one moment: units of each currency for one of the base, as decimal text, exact. What is
 * published together is one row, so that no reader mixes two moments.
 */
export const ForexRate = defineEntity({
  name: 'ForexRate',
  tableName: 'forex_rates',
  uniques: [
    /** What is published once is one row, however often it is fetched. */
    { properties: ['base', 'publication'] },
  ],
  indexes: [
    /** The last of a base; and their history, oldest first. */
    { properties: ['base', 'asOf'] },
  ],
  properties: {
    id: p.bigint('string').primary().autoincrement(),
    base: p.string().length(3),
    // The day of the central bank's publication, or the job that asked: a second run rewrites the same row.
    publication: p.string().length(64),
    rates: p.json<Record<string, string>>(),
    /** The moment for which the rates hold. */
    asOf: p.datetime(3),
    /** When they were last fetched. */
    observedAt: p.datetime(3),
    source: p.string().length(20),
  },
});

/** An article about a symbol. The provider lists one article under every symbol it concerns, with the same id. */
export const MarketNews = defineEntity({
  name: 'MarketNews',
  tableName: 'market_news',
  indexes: [
    /** A symbol's of some days, newest first: `GET /market/news`. */
    { properties: ['symbol', 'publishedAt'] },
  ],
  properties: {
    symbol: p.string().length(32).primary(),
    providerId: p.bigint('number').primary(),
    /** UNIX seconds, as the provider counts. */
    publishedAt: p.integer().unsigned(),
    category: p.string().length(100),
    headline: p.text(),
    image: p.text(),
    related: p.string().length(255),
    publisher: p.string().length(255),
    summary: p.text(),
    url: p.text(),
    source: p.string().length(20),
  },
});

/** When a symbol's news of some days were last fetched, so that no news can be told from news not asked for. */
export const NewsCoverage = defineEntity({
  name: 'NewsCoverage',
  tableName: 'news_coverage',
  properties: {
    symbol: p.string().length(32).primary(),
    fromDay: p.string().length(10).primary(),
    toDay: p.string().length(10).primary(),
    observedAt: p.datetime(3),
    source: p.string().length(20),
  },
});

/** A symbol whose price is asked for at fixed times, without anybody asking. */
export const WatchedSymbol = defineEntity({
  name: 'WatchedSymbol',
  tableName: 'watched_symbols',
  properties: {
    symbol: p.string().length(32).primary(),
    /** A share is asked for rarely while its market is closed, a coin always. */
    kind: p.enum(['stock', 'crypto'] as const),
    everySeconds: p.integer().unsigned(),
    /** Null: `WATCHLIST` named it, or an alert. No foreign key: it is watched also when the account has left. */
    addedBy: p.integer().unsigned().nullable(),
    createdAt: p.datetime(3),
    /** Whether it is watched for alerts alone, and no longer than there are any. */
    forAlerts: p.boolean().default(false),
    /** When the last poll was about to call. A poll whose slot began before that does not call. */
    polledAt: p.datetime(3).nullable(),
  },
});

/** What analysts recommend for a share, month by month, as the provider last gave it and before. */
export const RecommendationTrends = defineEntity({
  name: 'RecommendationTrends',
  tableName: 'recommendation_trends',
  uniques: [
    /** What a job has observed is one row, however often it runs. */
    { properties: ['jobId'] },
  ],
  indexes: [
    /** The last of a symbol; and its history, oldest first. */
    { properties: ['symbol', 'observedAt'] },
  ],
  properties: listColumns(),
});

/** When a company tells its earnings, with what is expected and what it was. */
export const EarningsCalendar = defineEntity({
  name: 'EarningsCalendar',
  tableName: 'earnings_calendars',
  uniques: [
    /** What a job has observed is one row, however often it runs. */
    { properties: ['jobId'] },
  ],
  indexes: [
    /** The last of a symbol; and its history, oldest first. */
    { properties: ['symbol', 'observedAt'] },
  ],
  properties: listColumns(),
});

/** The companies of the same country and industry. */
export const CompanyPeers = defineEntity({
  name: 'CompanyPeers',
  tableName: 'company_peers',
  uniques: [
    /** What a job has observed is one row, however often it runs. */
    { properties: ['jobId'] },
  ],
  indexes: [
    /** The last of a symbol; and its history, oldest first. */
    { properties: ['symbol', 'observedAt'] },
  ],
  properties: listColumns(),
});
