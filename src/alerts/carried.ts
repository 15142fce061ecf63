import { z } from 'zod';
import type { WishedItems } from '../orders/price-items.ts';

/** The order that an alert carries, as it is stored: its currency is named, so that its cap means the same for ever. */
export const Carried = z.object({
  items: z.array(z.object({ product_id: z.int(), quantity: z.int() })),
  currency: z.string(),
  payment_method: z.string().nullable(),
  most_minor: z.int(),
});
/** The order that an alert carries. */
export type Carried = z.output<typeof Carried>;

/** The order behind the column of an alert; null: it carries none. */
export function carriedBy({ carried }: Readonly<{ carried?: string | null | undefined }>): Carried | null {
  return carried ? Carried.parse(JSON.parse(carried)) : null;
}

/** Its items as the orders room takes them. */
export function itemsOf({ items }: Pick<Carried, 'items'>): WishedItems {
  return new Map(items.map(({ product_id, quantity }) => [product_id, { quantity, pointers: ['/order'] }]));
}
