import { readingEm } from '../../mysql/reading.ts';
import { hash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { findProducts } from '../../catalog/products.ts';
import { Product } from '../../entities/catalog.entity.ts';
import { Problem } from '../../errors.ts';
import { AfterInteger, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { IntegerId } from '../http/fields.ts';
import { exampleProduct, ProductView, productView } from './product-view.ts';
import { awaitSync } from './sync-feed.ts';

const ListQuery = z.object({
  q: z.string().trim().max(100).default('').openapi({ description: 'Words that occur in title or category.' }),
  category: z.string().trim().max(100).optional().openapi({ description: 'Exactly this one.' }),
  sync: z.enum(['true', 'false']).default('false').openapi({
    description: 'Reads the feed first, unless that has been done within a minute, and waits for it up to 10 s.',
  }),
  ...PageQuery,
});
const ProductList = z.object({ data: z.array(ProductView), next_cursor: z.string().nullable() }).openapi('ProductList');

const list = defineRoute(
  'public',
  {
    method: 'get',
    path: '/products',
    operationId: 'listProducts',
    summary: 'What can be ordered, by id; searched by words and category.',
    tags: ['products'],
    request: { query: ListQuery },
    responses: {
      200: {
        description: 'A page of products.',
        content: {
          'application/json': { schema: ProductList, example: { data: [exampleProduct], next_cursor: null } },
        },
      },
      503: { description: 'not_configured: `sync=true` without a feed' },
    },
  },
  async (c) => {
    const { q, category: named, sync, cursor, limit } = c.req.valid('query');
    const { orm } = c.var.ctx;
    const category = named || undefined;
    const filters = hash('sha256', JSON.stringify([q, category])).slice(0, 16);
    const listName = `products:${filters}`;
    const afterId = cursor === undefined ? 0 : readCursor(listName, cursor, AfterInteger);
    if (sync === 'true') await awaitSync(c.var.ctx, c.var.answers);
    const search = { words: q, category, afterId, limit: limit + 1 };
    // A replica may not have what has been waited for.
    const em = sync === 'true' ? orm.em.fork() : readingEm(orm);
    const { page, next_cursor } = cutPage(listName, await findProducts(em, search), limit);
    return c.json({ data: page.map(productView), next_cursor }, 200);
  },
);

const read = defineRoute(
  'public',
  {
    method: 'get',
    path: '/products/{id}',
    operationId: 'readProduct',
    summary: 'One product.',
    tags: ['products'],
    request: { params: z.object({ id: IntegerId }) },
    responses: {
      200: {
        description: 'The product.',
        content: { 'application/json': { schema: ProductView, example: exampleProduct } },
      },
    },
  },
  async (c) => c.json(productView(await namedProduct(c)), 200),
  namedProduct,
);

/** The product that the path names. @throws Problem not_found */
export async function namedProduct(c: HonoContext<RouteEnv>): Promise<InferEntity<typeof Product>> {
  const id = IntegerId.parse(c.req.param('id'));
  const em = c.var.ctx.orm.em.fork();
  const product = await em.findOne(Product, { id, deletedAt: null }, { disableIdentityMap: true });
  if (!product) throw new Problem('not_found', 'There is no such product.');
  return product;
}

/** Products, for everyone. */
export const routes = [list, read];
