import { z } from '@hono/zod-openapi';
import { Currency } from '../../money/currency.ts';
import { decimalsOf, toMajor, toMinor, mostPriceMinor } from '../../money/money.ts';
import { Problem } from '../../errors.ts';
import { refuseUntakeable, type Takes, takesOf } from '../../orders/takeable.ts';
import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { changedFields, productFacts } from '../../catalog/products.ts';
import { Product } from '../../entities/catalog.entity.ts';
import { productCreated, productDeleted, productUpdated } from '../../streams/catalog.stream.ts';
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts';
import { audit, differing } from '../callers/audit.ts';
import { defineRoute } from '../http/define-route.ts';
import { givenFields, IntegerId } from '../http/fields.ts';
import { exampleProduct, ProductView, productView } from './product-view.ts';
import { namedProduct } from './products.routes.ts';

const Title = z.string().trim().min(1).max(300);
const Price = z
  .number()
  .positive()
  .openapi({ description: 'In major units, with no more decimals than the currency.' });
const more = {
  description: z.string().trim().max(10_000).nullable().optional(),
  category: z.string().trim().min(1).max(100).nullable().optional(),
  image: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .nullable()
    .optional(),
  stock: z.int().min(0).max(1_000_000_000).nullable().optional().openapi({ description: 'null: not counted.' }),
};

/** A product to be made. */
export const NewProduct = z
  .strictObject({ title: Title, price: Price, currency: Currency.default('USD'), ...more })
  .openapi('NewProduct');

/** What to change of a product. A currency comes with its price: one amount is worth something else in another. */
export const ProductChange = z
  .strictObject({ title: Title.optional(), price: Price.optional(), currency: Currency.optional(), ...more })
  .refine(({ price, currency }) => currency === undefined || price !== undefined, {
    path: ['price'],
    message: 'must come with a currency',
  })
  .openapi('ProductChange');

/**
 * A price in minor units. Any number of pieces must add up to what can be charged: it is in whole steps of that. That one
 * piece alone may be less than the least, is no fault.
 * @throws Problem when it is no amount of the currency, too large, or none that the gateway could take.
 */
function priceMinorOf(price: number, currency: string, takes: Takes): number {
  const minor = toMinor(price, currency);
  if (minor === undefined || minor > mostPriceMinor) throw noPrice(minor, currency);
  const limits = { ...takes(currency), leastMinor: 0 };
  refuseUntakeable({ minor, currency, limits, pointer: '/price' });
  return minor;
}

function noPrice(minor: number | undefined, currency: string): Problem {
  const detail =
    minor === undefined
      ? `must have at most ${decimalsOf(currency)} decimals in ${currency}`
      : `must be at most ${toMajor(mostPriceMinor, currency)}`;
  return new Problem('invalid', 'The price is no amount of its currency.', { errors: [{ pointer: '/price', detail }] });
}

const productContent = { 'application/json': { schema: ProductView, example: exampleProduct } };
const params = z.object({ id: IntegerId });
const exampleNewProduct = { title: 'Enamel Mug', price: 40, currency: 'USD', category: 'kitchen' };

const create = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/products',
    operationId: 'createProduct',
    summary: 'Adds a product.',
    tags: ['products'],
    request: {
      headers: IdempotencyHeaders,
      body: { required: true, content: { 'application/json': { schema: NewProduct, example: exampleNewProduct } } },
    },
    responses: {
      201: { description: 'The product.', headers: z.object({ Location: z.string() }), content: productContent },
      409: { description: 'idempotency_key_in_use' },
      422: { description: 'invalid, amount_not_chargeable, idempotency_key_reused' },
    },
  },
  (c) => {
    const request = c.req.valid('json');
    const { price, ...fields } = givenFields(request);
    const at = c.var.ctx.now();
    const row = {
      ...fields,
      priceMinor: priceMinorOf(price, fields.currency, takesOf(c.var.ctx.payments.gateways)),
      createdAt: at,
      updatedAt: at,
    };
    return answerOnce(c, request, async (tx, after) => {
      const id = await tx.insert(Product, row);
      const stored = await tx.findOneOrFail(Product, { id }, { disableIdentityMap: true });
      after.publish(productCreated, String(id), productFacts(stored));
      await audit(c, tx, { subject: id, after: productView(stored) });
      return { status: 201, body: productView(stored), location: `/products/${id}` };
    });
  },
);

const change = defineRoute(
  'admin',
  {
    method: 'patch',
    path: '/products/{id}',
    operationId: 'changeProduct',
    summary: 'Changes fields of a product. Of a feed’s product they stand until the feed says something else than now.',
    tags: ['products'],
    request: {
      params,
      body: {
        required: true,
        content: { 'application/json': { schema: ProductChange, example: { price: 42.5, stock: 12 } } },
      },
    },
    responses: { 200: { description: 'The product as it is now.', content: productContent } },
  },
  async (c) => {
    const { id } = c.req.valid('param');
    const { price, ...fields } = givenFields(c.req.valid('json'));
    const { transaction, now } = c.var.ctx;
    const product = await transaction(async (tx, after) => {
      const stored = await lockProduct(tx, id);
      const currency = fields.currency ?? stored.currency;
      const row = {
        ...fields,
        ...(price === undefined
          ? {}
          : { priceMinor: priceMinorOf(price, currency, takesOf(c.var.ctx.payments.gateways)) }),
      };
      const changed = changedFields(stored, row);
      const dated = changed.length === 0 ? stored : { ...stored, ...row, updatedAt: now() };
      await audit(c, tx, differing(productView(stored), productView(dated)));
      if (changed.length === 0) return stored;
      await tx.nativeUpdate(Product, { id }, { ...row, updatedAt: dated.updatedAt });
      after.publish(productUpdated, String(id), { ...productFacts(dated), changed });
      return dated;
    });
    return c.json(productView(product), 200);
  },
  namedProduct,
);

const remove = defineRoute(
  'admin',
  {
    method: 'delete',
    path: '/products/{id}',
    operationId: 'deleteProduct',
    summary: 'Takes a product away; orders that hold it stand, and no sync brings it back.',
    tags: ['products'],
    request: { params },
    responses: { 204: { description: 'It can no longer be seen or ordered.' } },
  },
  async (c) => {
    const { id } = c.req.valid('param');
    const { transaction, now } = c.var.ctx;
    await transaction(async (tx, after) => {
      const stored = await lockProduct(tx, id);
      const { source, externalId } = stored;
      await tx.nativeUpdate(Product, { id }, { deletedAt: now() });
      after.publish(productDeleted, String(id), { product_id: id, source, external_id: externalId ?? null });
      await audit(c, tx, { before: productView(stored) });
    });
    return c.body(null, 204);
  },
  namedProduct,
);

async function lockProduct(tx: EntityManager, id: number) {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  const product = await tx.findOne(Product, { id, deletedAt: null }, lock);
  if (!product) throw new Problem('not_found', 'There is no such product.');
  return product;
}

/** Products, for administrators. */
export const routes = [create, change, remove];
