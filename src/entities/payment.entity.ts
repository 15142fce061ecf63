import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './order.entity.ts';
import { User } from './user.entity.ts';

/** Where one try to pay an order stands; the moves allowed between them are in orders/transitions.ts. */
export const paymentStatuses = ['processing', 'succeeded', 'failed', 'requires_action', 'unknown', 'canceled'] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/**
 * One try to pay an order. `gatewayKey` is the idempotency key at the gateway: minted with the row, the same for every
 * call ever made for it, so that whatever runs twice charges once.
 */
export const Payment = defineEntity({
  name: 'Payment',
  tableName: 'payments',
  indexes: [{ properties: ['user', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    user: () => p.manyToOne(User).mapToPk(),
    /** The order's id while this payment is neither failed nor canceled: being unique, it allows one such payment. */
    liveOrderId: p.uuid().nullable().unique(),
    status: p.enum(paymentStatuses),
    method: p.string().length(255),
    amountMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    gateway: p.string().length(20),
    gatewayKey: p.uuid().unique(),
    gatewayReference: p.string().length(255).nullable().unique(),
    /** Where a webhook says its charge is, before anybody knows: the gateway is asked about this one next. */
    toldReference: p.string().length(255).nullable(),
    /** What the buyer's browser needs to authenticate, for the owner alone; null unless that is awaited. */
    clientSecret: p.string().length(255).nullable(),
    failureCode: p.string().length(100).nullable(),
    failureDetail: p.string().length(500).nullable(),
    createdAt: p.datetime(3),
    /** When the gateway was first asked to charge: committed before the call. Null: it has never been asked. */
    chargingAt: p.datetime(3).nullable(),
    lastCallAt: p.datetime(3).nullable(),
    calls: p.integer().unsigned(),
    settledAt: p.datetime(3).nullable(),
    /** The job that charges it. */
    jobId: p.uuid(),
    /** When the reconciler looks after it next; null once it is settled. */
    reviewAt: p.datetime(3).nullable().index(),
  },
});
