import { createHash } from 'node:crypto';
import { GiveUp } from '../errors.ts';
import type { FeedProduct } from '../gateways/product-feed.ts';
import { toMinor } from '../orders/money.ts';

/** A product of a feed as it is stored. */
export type FeedRow = ReturnType<typeof feedRow>;

// No feed says which; both public ones write prices that read as US dollars.
const feedCurrency = 'USD';

/** The columns of a feed's product. @throws GiveUp when its price is no amount of money. */
export function feedRow({ externalId, title, price, description, category, image, rating, stock }: FeedProduct) {
  const priceMinor = toMinor(price, feedCurrency);
  if (priceMinor === undefined)
    throw new GiveUp(`The product feed prices ${externalId} at ${price}, which is no amount in ${feedCurrency}`);
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
