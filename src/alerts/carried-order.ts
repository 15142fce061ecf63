import { z } from 'zod';
import type { WishedItems } from '../orders/price-items.ts';

/** The order that an alert carries, as it is stored: its currency is named, so that its cap means the same for ever. */
export const CarriedOrder = z.object({
  items: z.array(z.object({ product_id: z.int(), quantity: z.int() })),
  currency: z.string(),
  payment_method: z.string().nullable(),
  most_minor: z.int(),
});
/** The order that an alert carries. */
export type CarriedOrder = z.output<typeof CarriedOrder>;

/** The order behind the column of an alert; null: it carries none. */
export function carriedBy({ carried }: Readonly<{ carried?: string | null | undefined }>): CarriedOrder | null {
  return carried ? CarriedOrder.parse(JSON.parse(carried)) : null;
}

/** Its items as the orders room takes them. */
export function itemsOf({ items }: Pick<CarriedOrder, 'items'>): WishedItems {
  return new Map(items.map(({ product_id, quantity }) => [product_id, { quantity, pointers: ['/order'] }]));
}
