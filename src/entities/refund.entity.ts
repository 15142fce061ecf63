import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './order.entity.ts';
import { Payment } from './payment.entity.ts';

/** Where a refund stands; the moves allowed between them are in orders/transitions.ts. */
export const refundStatuses = ['processing', 'succeeded', 'failed', 'unknown'] as const;
export type RefundStatus = (typeof refundStatuses)[number];

/**
 * Money on its way back to the buyer, the whole payment or a part. Its `gatewayKey` is its own, and never changes. One made
 * at the gateway itself is here once the gateway has told of it, with a key that nobody will use.
 */
export const Refund = defineEntity({
  name: 'Refund',
  tableName: 'refunds',
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    payment: () => p.manyToOne(Payment).mapToPk(),
    status: p.enum(refundStatuses),
    amountMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    gatewayKey: p.uuid().unique(),
    /** The gateway's own id of it; null: nobody has heard that the gateway took it up. */
    gatewayReference: p.string().length(255).nullable().unique(),
    /** Why it was asked for, in words of whoever did. */
    reason: p.string().length(200).nullable(),
    failureCode: p.string().length(100).nullable(),
    failureDetail: p.string().length(500).nullable(),
    createdAt: p.datetime(3),
    /** When the gateway was first asked: committed before the call. */
    chargingAt: p.datetime(3).nullable(),
    lastCallAt: p.datetime(3).nullable(),
    calls: p.integer().unsigned(),
    settledAt: p.datetime(3).nullable(),
    jobId: p.uuid(),
    reviewAt: p.datetime(3).nullable().index(),
  },
});
