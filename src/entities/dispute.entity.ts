import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './order.entity.ts';
import { Payment } from './payment.entity.ts';

/** A buyer's bank takes a payment back, or asks about it. What becomes of it is decided at the gateway, and told by webhooks. */
export const Dispute = defineEntity({
  name: 'Dispute',
  tableName: 'disputes',
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    payment: () => p.manyToOne(Payment).mapToPk(),
    gatewayReference: p.string().length(255).unique(),
    /** In the gateway's own words, e.g. `needs_response`, `won`, `lost`. */
    status: p.string().length(30),
    reason: p.string().length(100).nullable(),
    amountMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    createdAt: p.datetime(3),
    /** When the gateway said what stands here: what it said before that comes too late. */
    toldAt: p.datetime(3),
  },
});
