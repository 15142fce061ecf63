import type { z } from '@hono/zod-openapi';
import type { ProductView } from '../../../src/api/catalog/product-view.ts';

/** A product as the API shows it. */
export type Product = z.output<typeof ProductView>;

const few = 10;

/** How many there are, for people; empty where they are not counted. */
export function stockOf({ stock }: Pick<Product, 'stock'>): string {
  if (stock === null) return '';
  return stock === 0 ? 'Sold out' : `${stock} ${stock < few ? 'left' : 'in stock'}`;
}
