import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** What is for sale. The subject of each event is the product's id; of `product.synced` it is the feed's source. */
export const catalog = defineStream({
  name: 'catalog',
  summary: 'Products as they come, change and go, in order per product id.',
  maxLength: 100_000,
});

const product = {
  product_id: z.int(),
  title: z.string(),
  price: z.number(),
  currency: z.string().length(3),
  category: z.string().nullable(),
  image: z.string().nullable(),
  source: z.string(),
  external_id: z.string().nullable(),
};

const exampleProduct = {
  product_id: 3,
  title: 'Canvas Backpack',
  price: 109.95,
  currency: 'USD',
  category: "men's clothing",
  image: null,
  source: 'fakestore',
  external_id: '1',
};

/** A product can be ordered from now on. */
export const productCreated = defineEvent(catalog, {
  type: 'product.created',
  schema: 1,
  summary: 'A product has been added, by an administrator or from the feed.',
  data: z.object(product),
  example: { subject: '3', data: exampleProduct },
});

/** Fields of a product are different from now on; stock that orders take is not announced. */
export const productUpdated = defineEvent(catalog, {
  type: 'product.updated',
  schema: 1,
  summary: 'A product has changed, by an administrator or in the feed.',
  data: z.object({ ...product, changed: z.array(z.string()) }),
  example: { subject: '3', data: { ...exampleProduct, changed: ['price'] } },
});

/** A product can no longer be ordered; orders that hold it stand. */
export const productDeleted = defineEvent(catalog, {
  type: 'product.deleted',
  schema: 1,
  summary: 'A product has been removed by an administrator.',
  data: z.object({ product_id: z.int(), source: z.string(), external_id: z.string().nullable() }),
  example: { subject: '3', data: { product_id: 3, source: 'fakestore', external_id: '1' } },
});

/** How many products of a feed were new, different and the same; those deleted here stay away. */
export const SyncCounts = z.object({
  source: z.string(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  deleted: z.int(),
});

/** The feed has been read whole. It is announced also when nothing had changed. */
export const productSynced = defineEvent(catalog, {
  type: 'product.synced',
  schema: 1,
  summary: 'The product feed has been read and stored.',
  data: SyncCounts,
  example: {
    subject: 'fakestore',
    data: { source: 'fakestore', created: 20, updated: 0, unchanged: 0, deleted: 0 },
  },
});
