import { defineEntity, p } from '@mikro-orm/mysql';
import { User } from './accounts.entity.ts';

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
  indexes: [
    /** One's own, newest first: `GET /orders`. */
    { properties: ['user', 'id'] },
    /** An administrator's, newest first: `GET /orders?status=…`. */
    { properties: ['status', 'id'] },
    /** Those of a rare currency, or of unusual amounts: `GET /orders?currency=…&min=…`. */
    { properties: ['currency', 'totalMinor'] },
    /** Those that wait for their buyers, the longest first: the job `expire-orders`. */
    { properties: ['waitingSince'] },
  ],
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).mapToPk().index(false),
    status: p.enum(orderStatuses),
    totalMinor: p.bigint('number').unsigned(),
    /** What has been given back so far. */
    refundedMinor: p.bigint('number').unsigned().default(0),
    currency: p.character().length(3),
    /** Units of its currency for one of its products', as decimal text; null when none, or several, were used. */
    fxRate: p.string().length(40).nullable(),
    fxSource: p.string().length(20).nullable(),
    fxAsOf: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
    paidAt: p.datetime(3).nullable(),
    /** Since when nothing happens unless its buyer acts; null while that is not so. */
    waitingSince: p.datetime(3).nullable(),
  },
});

/** One product of an order, with title and price as they were when it was ordered. */
export const OrderLine = defineEntity({
  name: 'OrderLine',
  tableName: 'order_lines',
  properties: {
    order: () => p.manyToOne(Order).mapToPk().primary().index(false),
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

/** What has statuses: an order, and each of its payments, refunds and disputes. */
export const historySubjects = ['order', 'payment', 'refund', 'dispute'] as const;
export type HistorySubject = (typeof historySubjects)[number];

/**
 * One change of a status, written in the transaction that made it and never changed. `fromStatus` null: it began there.
 */
export const OrderHistory = defineEntity({
  name: 'OrderHistory',
  tableName: 'order_history',
  indexes: [
    /** An order's timeline: `GET /orders/{id}/timeline`. */
    { properties: ['order'] },
  ],
  properties: {
    /** In the order of an order's changes: they are made one after the other. */
    id: p.bigint('number').unsigned().primary().autoincrement(),
    order: () => p.manyToOne(Order).mapToPk(),
    subject: p.enum(historySubjects),
    subjectId: p.uuid(),
    fromStatus: p.string().length(30).nullable(),
    toStatus: p.string().length(30),
    reason: p.string().length(200).nullable(),
    at: p.datetime(3),
  },
});
