import { createHash } from 'node:crypto';
import type { FeedProduct } from '../gateways/product-feed.ts';
import { mostPriceMinor, toMinor } from '../orders/money.ts';

/** A product of a feed as it is stored. */
export type FeedRow = NonNullable<ReturnType<typeof feedRow>>;

// No feed says which; both public ones write prices that read as US dollars.
const feedCurrency = 'USD';

/** The columns of a feed's product; none when its price is no amount of money. */
export function feedRow({ externalId, title, price, description, category, image, rating, stock }: FeedProduct) {
  const priceMinor = toMinor(price, feedCurrency);
  if (priceMinor === undefined || priceMinor > mostPriceMinor) return undefined;
  const told = {
    externalId,
    title,
    description,
    category,
    image,
    ratingRate: rating ? Math.round(rating.rate * 100) / 100 : null,
    ratingCount: rating?.count ?? null,
    priceMinor,
    currency: feedCurrency,
  };
  const feedHash = createHash('sha256').update(JSON.stringify(told)).digest('hex');
  return { ...told, stock, feedHash };
}
