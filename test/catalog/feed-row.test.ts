import { expect, test } from 'vitest';
import { feedRow, newlySaid } from '../../src/catalog/feed-row.ts';
import type { FeedProduct } from '../../src/gateways/feeds/product-feed.ts';

const mug: FeedProduct = {
  externalId: '7',
  title: 'Enamel Mug',
  price: 12.5,
  description: 'Blue.',
  category: 'kitchen',
  image: null,
  rating: { rate: 3.456, count: 12 },
  stock: 4,
};
const limits = () => ({ stepMinor: 1, leastMinor: 50, mostMinor: 99_999_999 });
const rowOf = (change: Partial<FeedProduct> = {}) => {
  const row = feedRow({ ...mug, ...change }, limits);
  if (!row) throw new Error('no row');
  return row;
};

test('a product of a feed is stored in minor units, its rating as the column has it', () => {
  expect(rowOf()).toMatchObject({
    externalId: '7',
    stock: 4,
    parts: { price: { priceMinor: 1_250, currency: 'USD' }, rating: { ratingRate: 3.46, ratingCount: 12 } },
  });
  expect(rowOf({ rating: null }).parts.rating).toEqual({ ratingRate: null, ratingCount: null });
});

test('what is no amount of money, or more than the gateway takes, is no product', () => {
  for (const price of [0.001, 1e21, 1_000_000]) expect(feedRow({ ...mug, price }, limits)).toBeUndefined();
  // One piece may cost less than the least: an order has as many as it takes.
  expect(feedRow({ ...mug, price: 0.01 }, limits)).toBeDefined();
});

test('only the parts of which the feed says something else are new, a price with its currency', () => {
  const { feedSaid } = rowOf();
  expect(newlySaid(rowOf(), feedSaid)).toEqual({});
  expect(newlySaid(rowOf({ price: 13 }), feedSaid)).toEqual({ priceMinor: 1_300, currency: 'USD' });
  expect(newlySaid(rowOf({ category: null }), feedSaid)).toEqual({ category: null });
  // The stock is no part: it is counted here once the product is known.
  expect(newlySaid(rowOf({ stock: 0 }), feedSaid)).toEqual({});
});

test('what the feed said is the same in another order of its fields, and all of it is new when nothing is known', () => {
  const turned = Object.fromEntries(Object.entries(mug).toReversed());
  expect(rowOf({ ...turned }).feedHash).toBe(rowOf().feedHash);
  for (const unknown of [null, undefined])
    expect(Object.keys(newlySaid(rowOf(), unknown)).toSorted()).toEqual(
      Object.values(rowOf().parts).flatMap(Object.keys).toSorted(),
    );
});
