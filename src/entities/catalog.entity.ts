import { defineEntity, p } from '@mikro-orm/mysql';

/** The source of products that were made here rather than read from a feed. */
const localSource = 'local';

/**
 * Something that can be ordered. `priceMinor` is in minor units of `currency`; `stock` null is not counted.
 * A deleted product keeps its row, so that a feed which still lists it does not bring it back.
 */
export const Product = defineEntity({
  name: 'Product',
  tableName: 'products',
  uniques: [
    /** A feed's product is one of ours: the job `sync-products` looks it up. */
    { properties: ['source', 'externalId'] },
  ],
  indexes: [
    /** Those of a category: `GET /products?category=…`. */
    { properties: ['category', 'id'] },
  ],
  properties: {
    id: p.integer().primary().autoincrement(),
    source: p.string().length(100).default(localSource),
    externalId: p.string().length(64).nullable(),
    title: p.string().length(300),
    description: p.text().nullable(),
    category: p.string().length(100).nullable(),
    image: p.string().length(2_000).nullable(),
    ratingRate: p.decimal('number').precision(5).scale(2).nullable(),
    ratingCount: p.integer().unsigned().nullable(),
    priceMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    stock: p.integer().unsigned().nullable(),
    /** Of all that the feed said last. */
    feedHash: p.string().length(64).nullable().hidden(),
    /** Of each part of it: an edit made here stands until the feed itself says something else of that part. */
    feedSaid: p.json<Readonly<Record<string, string>>>().nullable().hidden(),
    createdAt: p.datetime(3).defaultRaw('current_timestamp(3)'),
    updatedAt: p.datetime(3).defaultRaw('current_timestamp(3)'),
    deletedAt: p.datetime(3).nullable(),
  },
});
