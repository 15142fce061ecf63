import { seedOf } from '../chance.ts';
import { listings } from './listings.ts';

/** A company's profile with the provider's thirteen keys; `{}` for what is no listed company, as recorded. */
export function companyProfile(symbol: string, price: number): object {
  const listing = listings.get(symbol);
  if (listing?.type !== 'Common Stock') return {};
  return {
    country: 'US',
    currency: 'USD',
    estimateCurrency: 'USD',
    exchange: listing.exchange,
    finnhubIndustry: listing.industry,
    ipo: listing.ipo,
    logo: '',
    marketCapitalization: price * listing.shares,
    name: listing.name,
    phone: `1555010${String(seedOf(symbol) % 10_000).padStart(4, '0')}`,
    shareOutstanding: listing.shares,
    ticker: symbol,
    weburl: `https://www.${listing.website}/`,
  };
}
