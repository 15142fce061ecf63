import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './order.entity.ts';

/** Where one try to pay an order stands. */
export const paymentStatuses = ['processing', 'succeeded', 'failed', 'requires_action', 'unknown', 'canceled'] as const;
/** One of them. */
export type PaymentStatus = (typeof paymentStatuses)[number];

/**
 * One try to pay an order. `gatewayKey` is the idempotency key at the gateway: minted with the row, the same for every
 * call ever made for it, so that whatever runs twice charges once.
 */
export const Payment = defineEntity({
  name: 'Payment',
  tableName: 'payments',
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    status: p.enum(paymentStatuses).default('processing'),
    method: p.string().length(255),
    amountMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    gateway: p.string().length(20),
    gatewayKey: p.uuid().unique(),
    gatewayReference: p.string().length(255).nullable().unique(),
    failureCode: p.string().length(100).nullable(),
    failureDetail: p.string().length(500).nullable(),
    createdAt: p.datetime(3),
    settledAt: p.datetime(3).nullable(),
  },
});
