import { hash } from 'node:crypto';
import type { AmountLimits } from '../gateways/payments/payment-gateway.ts';
import type { FeedProduct } from '../gateways/feeds/product-feed.ts';
import { mostPriceMinor, toMinor } from '../money/money.ts';

/** A product of a feed as it is stored. */
export type FeedRow = NonNullable<ReturnType<typeof feedRow>>;

/** The columns that a feed fills, by what they are parts of: a price is no price without its currency. */
export type FeedParts = NonNullable<ReturnType<typeof partsOf>>;

// No feed says which; both public ones write prices that read as US dollars.
const feedCurrency = 'USD';

/**
 * A feed's product with the digests of what it says; none when its price is no amount of money, or more than `limits`, those
 * of whoever takes new payments, allow.
 */
export function feedRow(product: FeedProduct, limits: (currency: string) => AmountLimits) {
  const parts = partsOf(product);
  if (!parts || parts.price.priceMinor > limits(feedCurrency).mostMinor) return undefined;
  const { externalId, stock } = product;
  const { title, description, category, image, rating, price } = parts;
  const all = { externalId, ...title, ...description, ...category, ...image, ...rating, ...price };
  const feedSaid = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, digest(part).slice(0, 16)]));
  return { externalId, stock, parts, feedHash: digest(all), feedSaid };
}

/** The columns of those parts of which the feed says something else than it `said`; all of them when that is not known. */
export function newlySaid({ parts, feedSaid }: FeedRow, said: Readonly<Record<string, string>> | null | undefined) {
  const isNew = (name: keyof FeedParts) => said?.[name] !== feedSaid[name];
  return {
    ...(isNew('title') && parts.title),
    ...(isNew('description') && parts.description),
    ...(isNew('category') && parts.category),
    ...(isNew('image') && parts.image),
    ...(isNew('rating') && parts.rating),
    ...(isNew('price') && parts.price),
  };
}

function partsOf({ title, price, description, category, image, rating }: FeedProduct) {
  const priceMinor = toMinor(price, feedCurrency);
  if (priceMinor === undefined || priceMinor > mostPriceMinor) return undefined;
  const ratingRate = rating ? Math.round(rating.rate * 100) / 100 : null;
  return {
    title: { title },
    description: { description },
    category: { category },
    image: { image },
    rating: { ratingRate, ratingCount: rating?.count ?? null },
    price: { priceMinor, currency: feedCurrency },
  };
}

function digest(said: unknown): string {
  return hash('sha256', JSON.stringify(said));
}
