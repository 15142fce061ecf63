import { defineEntity, p } from '@mikro-orm/mysql';
import { Order, orderStatuses } from './order.entity.ts';

/** One change of an order's status, written in the transaction that made it. `fromStatus` null: it was placed. */
export const OrderHistory = defineEntity({
  name: 'OrderHistory',
  tableName: 'order_history',
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    fromStatus: p.enum(orderStatuses).nullable(),
    toStatus: p.enum(orderStatuses),
    reason: p.string().length(200).nullable(),
    at: p.datetime(3),
  },
});
