import type { z } from '@hono/zod-openapi';
import type { ProductView } from '../../../src/api/catalog/product-view.ts';

/** A product as the API shows it. */
export type Product = z.output<typeof ProductView>;

const few = 10;

/** Whether it can be ordered, for people; empty when there is nothing to say. */
export function stockOf({ stock }: Product): string {
  if (stock === null || stock >= few) return '';
  return stock === 0 ? 'Sold out' : `${stock} left`;
}
