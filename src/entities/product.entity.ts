import { defineEntity, p } from '@mikro-orm/mysql';

/** Something that can be ordered. `priceMinor` is in minor units of `currency`; `stock` null is not counted. */
export const Product = defineEntity({
  name: 'Product',
  tableName: 'products',
  properties: {
    id: p.integer().primary().autoincrement(),
    title: p.string().length(300),
    priceMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    stock: p.integer().unsigned().nullable(),
    createdAt: p.datetime(3).defaultRaw('current_timestamp(3)'),
  },
});
