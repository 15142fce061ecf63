import { z } from '@hono/zod-openapi';
import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { changedFields, productFacts } from '../catalog/product-facts.ts';
import { Product } from '../entities/product.entity.ts';
import { Problem } from '../errors.ts';
import { productCreated, productDeleted, productUpdated } from '../streams/catalog.stream.ts';
import { answerOnce, IdempotencyHeaders } from './answer-once.ts';
import { audit, differing } from './audit.ts';
import { defineRoute } from './define-route.ts';
import { givenFields } from './given-fields.ts';
import { IntegerId } from './integer-id.ts';
import { NewProduct, priceMinorOf, ProductChange } from './product-request.ts';
import { takesOf } from './takeable.ts';
import { exampleProduct, ProductView, productView } from './product-view.ts';
import { namedProduct } from './products.routes.ts';

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
      priceMinor: priceMinorOf(price, fields.currency, takesOf(c.var.ctx)),
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
        ...(price === undefined ? {} : { priceMinor: priceMinorOf(price, currency, takesOf(c.var.ctx)) }),
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
