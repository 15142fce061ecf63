import { z } from '@hono/zod-openapi';

const mostLines = 100;
const mostPieces = 1_000;
const Currency = z
  .string()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD');

/** What is ordered, either as a list of product ids (a repeated id is a quantity) or as lines. */
export const OrderRequest = z
  .strictObject({
    user_id: z.int().positive().optional(),
    products: z
      .array(z.int().positive())
      .min(1)
      .max(mostLines * mostPieces)
      .optional(),
    items: z
      .array(z.strictObject({ product_id: z.int().positive(), quantity: z.int().min(1).max(mostPieces) }))
      .min(1)
      .max(mostLines)
      .optional(),
    total_amount: z.number().nonnegative().max(1e12).optional(),
    currency: Currency.optional(),
    payment_method: z
      .string()
      .regex(/^[\w-]{1,255}$/, "must be the gateway's id of a payment method")
      .optional(),
  })
  .superRefine((request, check) => {
    if ((request.products === undefined) === (request.items === undefined))
      return check.addIssue({ code: 'custom', path: ['products'], message: 'send exactly one of products and items' });
    const wished = wishedItems(request);
    if (wished.size > mostLines)
      check.addIssue({
        code: 'custom',
        path: ['products'],
        message: `an order may have ${mostLines} different products`,
      });
    for (const { quantity, pointers } of wished.values())
      if (quantity > mostPieces)
        check.addIssue({
          code: 'custom',
          path: (pointers[0] ?? '').split('/').slice(1),
          message: `an order may have ${mostPieces} pieces of a product`,
        });
  })
  .openapi('OrderRequest');

type Named = Readonly<{ productId: number; quantity: number; pointer: string }>;

/** Quantities by product, with the pointers to where the request names it. */
export function wishedItems({ products, items }: z.output<typeof OrderRequest>) {
  const named: Named[] =
    items?.map(({ product_id, quantity }, index) => ({
      productId: product_id,
      quantity,
      pointer: `/items/${index}/product_id`,
    })) ??
    products?.map((productId, index) => ({ productId, quantity: 1, pointer: `/products/${index}` })) ??
    [];
  return new Map(
    [...Map.groupBy(named, ({ productId }) => productId)].map(([productId, same]) => [
      productId,
      { quantity: same.reduce((sum, { quantity }) => sum + quantity, 0), pointers: same.map(({ pointer }) => pointer) },
    ]),
  );
}
