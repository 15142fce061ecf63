import { z } from '@hono/zod-openapi';
import { Currency } from '../../money/currency.ts';
import type { WishedItems } from '../../orders/price-items.ts';
import { manyOf } from '../http/fields.ts';

const mostLines = 100;
const mostPieces = 1_000;

const PaymentMethod = z.string().regex(/^[\w-]{1,255}$/, "must be the gateway's id of a payment method");

const wishes = {
  products: manyOf(z.int().positive(), mostLines * mostPieces)
    .openapi({
      type: 'array',
      items: { type: 'integer', exclusiveMinimum: 0 },
      minItems: 1,
      maxItems: mostLines * mostPieces,
    })
    .optional(),
  items: z
    .array(z.strictObject({ product_id: z.int().positive(), quantity: z.int().min(1).max(mostPieces) }))
    .min(1)
    .max(mostLines)
    .optional(),
  total_amount: z.number().nonnegative().max(1e12).optional(),
  currency: Currency.optional(),
  payment_method: PaymentMethod.optional(),
};

/** What is ordered, either as a list of product ids (a repeated id is a quantity) or as lines. */
export const OrderRequest = z
  .strictObject({ user_id: z.int().positive().optional(), ...wishes })
  .superRefine(refuseUnclear)
  .openapi('OrderRequest');

/** An order that is placed by itself later: what it may cost then is named, in its own currency. */
export const StandingOrderRequest = z
  .strictObject({
    products: wishes.products,
    items: wishes.items,
    currency: wishes.currency,
    payment_method: wishes.payment_method,
    max_total: z.number().positive().max(1e12).openapi({ description: 'It is not placed when it would cost more.' }),
  })
  .superRefine(refuseUnclear)
  .openapi('StandingOrderRequest');

/** What is to be changed of an unpaid order: all its items, or how it is paid, or both. */
export const OrderChangeRequest = z
  .strictObject(wishes)
  .superRefine((request, check) => {
    if (request.products && request.items)
      return check.addIssue({ code: 'custom', path: ['products'], message: 'send only one of products and items' });
    const hasItems = request.products !== undefined || request.items !== undefined;
    if (!hasItems && request.payment_method === undefined)
      check.addIssue({ code: 'custom', path: [], message: 'name items, products or payment_method' });
    if (!hasItems && (request.total_amount !== undefined || request.currency !== undefined))
      check.addIssue({ code: 'custom', path: ['items'], message: 'total_amount and currency go with items' });
    refuseTooMany(request, check);
  })
  .openapi('OrderChangeRequest');

/** How an order is to be paid. */
export const PayRequest = z.strictObject({ payment_method: PaymentMethod.optional() }).openapi('PayRequest');

function refuseUnclear(request: Wished, check: z.RefinementCtx): void {
  if ((request.products === undefined) === (request.items === undefined))
    return check.addIssue({ code: 'custom', path: ['products'], message: 'send exactly one of products and items' });
  refuseTooMany(request, check);
}

// A line by itself, and the number of lines, are bounded above; this is what repeated products add up to.
function refuseTooMany(request: Wished, check: z.RefinementCtx): void {
  const wished = wishedItems(request);
  const refuse = (path: string[], message: string) => check.addIssue({ code: 'custom', path, message });
  if (request.products && wished.size > mostLines)
    refuse(['products'], `an order may have ${mostLines} different products`);
  for (const { quantity, pointers } of wished.values())
    if (quantity > mostPieces && pointers.length > 1)
      refuse((pointers[0] ?? '').split('/').slice(1), `an order may have ${mostPieces} pieces of a product`);
}

type Wished = Readonly<{
  products?: z.output<typeof wishes.products>;
  items?: z.output<typeof wishes.items>;
}>;

/** Quantities by product, with the pointers to where the request names it. */
export function wishedItems({ products = [], items = [] }: Wished): WishedItems {
  const wished = new Map<number, { quantity: number; pointers: string[] }>();
  const wish = (productId: number, quantity: number, pointer: string) => {
    const known = wished.get(productId);
    if (!known) return wished.set(productId, { quantity, pointers: [pointer] });
    known.quantity += quantity;
    return known.pointers.push(pointer);
  };
  for (const [index, { product_id, quantity }] of items.entries())
    wish(product_id, quantity, `/items/${index}/product_id`);
  for (const [index, productId] of products.entries()) wish(productId, 1, `/products/${index}`);
  return wished;
}
