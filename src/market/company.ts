import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { CompanyProfile } from '../entities/market.entity.ts';
import type { Copy } from './cache.ts';

type CompanyRow = InferEntity<typeof CompanyProfile>;

/** The name under which a company's profile is cached and asked for. */
export function companyName(symbol: string): string {
  return `fetch-company:${symbol}`;
}

/** The profile in the provider's keys. */
export function companyKeys(row: CompanyRow) {
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
    as_of: row.observedAt.toISOString(),
    source: row.source,
  };
}

/** The answer body of a stored profile, still open for `stale`. */
export function companyCopy(row: CompanyRow): Copy {
  const body = JSON.stringify({ symbol: row.symbol, ...companyKeys(row) });
  return { body: body.slice(0, -1), observedAtMs: row.observedAt.getTime() };
}

/** The profile of a symbol that MySQL holds. */
export async function storedCompany(em: EntityManager, symbol: string): Promise<Copy | undefined> {
  const row = await em.findOne(CompanyProfile, { symbol }, { disableIdentityMap: true });
  return row ? companyCopy(row) : undefined;
}
