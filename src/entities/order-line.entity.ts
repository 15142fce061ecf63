import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './order.entity.ts';

/** One product of an order, with title and price as they were when it was ordered. */
export const OrderLine = defineEntity({
  name: 'OrderLine',
  tableName: 'order_lines',
  properties: {
    order: () => p.manyToOne(Order).mapToPk().primary(),
    position: p.smallint().unsigned().primary(),
    // No foreign key: the line must outlive the product.
    productId: p.integer().unsigned(),
    title: p.string().length(300),
    quantity: p.integer().unsigned(),
    /** Pieces taken out of the product's stock for it; 0 when that is not counted. */
    held: p.integer().unsigned(),
    unitPriceMinor: p.bigint('number').unsigned(),
    lineTotalMinor: p.bigint('number').unsigned(),
    /** The rate at which it was converted, as decimal text; null when it was not. */
    fxRate: p.string().length(40).nullable(),
  },
});
