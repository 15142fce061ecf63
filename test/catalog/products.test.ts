import { expect, test } from 'vitest';
import { changedFields, productFacts, type ProductRow } from '../../src/catalog/products.ts';

const at = new Date('2026-11-22T10:00:00Z');
const row: ProductRow = {
  id: 3,
  source: 'local',
  externalId: null,
  title: 'Enamel Mug',
  description: null,
  category: 'kitchen',
  image: null,
  ratingRate: null,
  ratingCount: null,
  priceMinor: 1_250,
  currency: 'USD',
  stock: 4,
  feedHash: null,
  feedSaid: null,
  deletedAt: null,
  createdAt: at,
  updatedAt: at,
};

test('a change names the fields that differ as the API names them, each once', () => {
  expect(changedFields(row, { title: 'Enamel Mug', stock: 3 })).toEqual(['stock']);
  expect(changedFields(row, { priceMinor: 1_300, currency: 'EUR', ratingRate: 4, ratingCount: 2 })).toEqual([
    'rating',
    'price',
    'currency',
  ]);
});

test('what is left out of a change does not differ, and nothing is not the same as something', () => {
  expect(changedFields(row, { category: undefined, description: null })).toEqual([]);
  expect(changedFields(row, { category: null })).toEqual(['category']);
});

test('events tell of a product in major units, and nothing of how much is left', () => {
  expect(productFacts(row)).toEqual({
    product_id: 3,
    title: 'Enamel Mug',
    price: 12.5,
    currency: 'USD',
    category: 'kitchen',
    image: null,
    source: 'local',
    external_id: null,
  });
});
