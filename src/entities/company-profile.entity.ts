import { defineEntity, p } from '@mikro-orm/mysql';

/** The decimals of a company's amounts, which are in millions. */
export const amountScale = 10;

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
