import { defineEntity, p } from '@mikro-orm/mysql';
import { User } from './user.entity.ts';

/** Where an order stands; every change of it is a row of OrderHistory. */
export const orderStatuses = [
  'pending',
  'paid',
  'payment_failed',
  'cancelled',
  'partially_refunded',
  'refunded',
] as const;
/** One of them. */
export type OrderStatus = (typeof orderStatuses)[number];

/** An accepted order. `totalMinor` is in minor units of `currency` and is the sum of its lines. */
export const Order = defineEntity({
  name: 'Order',
  tableName: 'orders',
  indexes: [{ properties: ['user', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).mapToPk(),
    status: p.enum(orderStatuses).default('pending'),
    totalMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    createdAt: p.datetime(3).index(),
    paidAt: p.datetime(3).nullable(),
  },
});
