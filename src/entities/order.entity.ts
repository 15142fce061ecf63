import { defineEntity, p } from '@mikro-orm/mysql';
import { User } from './user.entity.ts';

/** Where an order stands; the moves allowed between them are in orders/transitions.ts. */
export const orderStatuses = [
  'pending',
  'paid',
  'payment_failed',
  'cancelled',
  'partially_refunded',
  'refunded',
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** An accepted order. `totalMinor` is in minor units of `currency` and is the sum of its lines. */
export const Order = defineEntity({
  name: 'Order',
  tableName: 'orders',
  indexes: [{ properties: ['user', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).mapToPk(),
    status: p.enum(orderStatuses),
    totalMinor: p.bigint('number').unsigned(),
    /** What has been given back so far. */
    refundedMinor: p.bigint('number').unsigned().default(0),
    currency: p.character().length(3),
    /** Units of its currency for one of its products', as decimal text; null when none, or several, were used. */
    fxRate: p.string().length(40).nullable(),
    fxSource: p.string().length(20).nullable(),
    fxAsOf: p.datetime(3).nullable(),
    createdAt: p.datetime(3).index(),
    paidAt: p.datetime(3).nullable(),
    /** Since when nothing happens unless its buyer acts; null while that is not so. */
    waitingSince: p.datetime(3).nullable().index(),
  },
});
