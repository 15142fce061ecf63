import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './order.entity.ts';

/** What has statuses: an order, and each of its payments, refunds and disputes. */
export const historySubjects = ['order', 'payment', 'refund', 'dispute'] as const;
export type HistorySubject = (typeof historySubjects)[number];

/**
 * One change of a status, written in the transaction that made it and never changed. `fromStatus` null: it began there.
 */
export const OrderHistory = defineEntity({
  name: 'OrderHistory',
  tableName: 'order_history',
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
