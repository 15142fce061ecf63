import { z } from '@hono/zod-openapi';
import type { ProductRow } from '../../catalog/products.ts';
import { toMajor } from '../../money/money.ts';

/** A product as the API shows it; `price` in major units of `currency`. */
export const ProductView = z
  .object({
    id: z.int(),
    title: z.string(),
    price: z.number(),
    currency: z.string(),
    description: z.string().nullable(),
    category: z.string().nullable(),
    image: z.string().nullable(),
    rating: z.object({ rate: z.number(), count: z.int() }).nullable(),
    stock: z.int().nullable().openapi({ description: 'Pieces that can be ordered; null: not counted.' }),
    source: z.string().openapi({ description: '`local`, or the feed it comes from.' }),
    external_id: z.string().nullable().openapi({ description: "The feed's own id." }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Product');

/** A product of the feed, as examples show one. */
export const exampleProduct = {
  id: 3,
  title: 'Mens Cotton Jacket',
  price: 55.99,
  currency: 'USD',
  description: 'A light jacket for spring and autumn.',
  category: "men's clothing",
  image: 'https://pictures.example/jacket.jpg',
  rating: { rate: 4.7, count: 500 },
  stock: null,
  source: 'fakestore',
  external_id: '3',
  created_at: '2026-11-22T10:00:00.000Z',
  updated_at: '2026-11-22T10:00:00.000Z',
};

/** The view of a row. */
export function productView(row: Omit<ProductRow, 'deletedAt' | 'feedHash' | 'feedSaid'>): z.input<typeof ProductView> {
  return {
    id: row.id,
    title: row.title,
    price: toMajor(row.priceMinor, row.currency),
    currency: row.currency,
    description: row.description ?? null,
    category: row.category ?? null,
    image: row.image ?? null,
    rating: typeof row.ratingRate === 'number' ? { rate: row.ratingRate, count: row.ratingCount ?? 0 } : null,
    stock: row.stock ?? null,
    source: row.source,
    external_id: row.externalId ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
