import { defineEntity, p } from '@mikro-orm/mysql';
import { Order } from './orders.entity.ts';
import { User } from './accounts.entity.ts';

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
  uniques: [
    /** An order has one payment at a time that may take money. */
    { properties: ['liveOrderId'] },
    /** No two payments are one to the gateway. */
    { properties: ['gatewayKey'] },
    /** A charge at the gateway is one payment's: `compare-charges` looks it up. */
    { properties: ['gatewayReference'] },
  ],
  indexes: [
    /** An order's, with `GET /orders` and by `GET /payments?order_id=…`. */
    { properties: ['order'] },
    /** One's own, newest first: `GET /payments`. */
    { properties: ['user', 'id'] },
    /** An administrator's, newest first: `GET /payments?status=…`. */
    { properties: ['status', 'id'] },
    /** Those that are due, the longest first: the job `reconcile`. */
    { properties: ['reviewAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    user: () => p.manyToOne(User).mapToPk().index(false),
    /** The order's id while this payment is neither failed nor canceled: being unique, it allows one such payment. */
    liveOrderId: p.uuid().nullable(),
    status: p.enum(paymentStatuses),
    method: p.string().length(255),
    amountMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    gateway: p.string().length(20),
    gatewayKey: p.uuid(),
    gatewayReference: p.string().length(255).nullable(),
    /** Where a webhook says its charge is, before anybody knows: the gateway is asked about this one next. */
    toldReference: p.string().length(255).nullable(),
    /** What the buyer's browser needs to authenticate, for the owner alone; null unless that is awaited. */
    clientSecret: p.string().length(255).nullable(),
    failureCode: p.string().length(100).nullable(),
    failureDetail: p.string().length(500).nullable(),
    createdAt: p.datetime(3),
    /** When the gateway was first asked to charge: committed before the call. Null: never, or it has certainly done nothing. */
    chargingAt: p.datetime(3).nullable(),
    /** When it was last asked to charge. Null beside the first: nobody is known to have asked, and it is looked for before anybody does. */
    lastCallAt: p.datetime(3).nullable(),
    calls: p.integer().unsigned(),
    settledAt: p.datetime(3).nullable(),
    /** The job that charges it. */
    jobId: p.uuid(),
    /** When the reconciler looks after it next; null once it is settled. */
    reviewAt: p.datetime(3).nullable(),
  },
});

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
  uniques: [
    /** No two refunds are one to the gateway. */
    { properties: ['gatewayKey'] },
    /** A refund at the gateway is one of ours: whoever hears of it looks it up. */
    { properties: ['gatewayReference'] },
  ],
  indexes: [
    /** An order's, with `GET /orders`. */
    { properties: ['order'] },
    /** No query: the foreign key has it. */
    { properties: ['payment'] },
    /** Newest first: `GET /refunds?status=…`. */
    { properties: ['status', 'id'] },
    /** Those of some days: the job `compare-charges`. */
    { properties: ['createdAt', 'id'] },
    /** Those that are due, the longest first: the job `reconcile`. */
    { properties: ['reviewAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    payment: () => p.manyToOne(Payment).mapToPk(),
    status: p.enum(refundStatuses),
    amountMinor: p.bigint('number').unsigned(),
    currency: p.character().length(3),
    gatewayKey: p.uuid(),
    /** The gateway's own id of it; null: nobody has heard that the gateway took it up. */
    gatewayReference: p.string().length(255).nullable(),
    /** Why it was asked for, in words of whoever did. */
    reason: p.string().length(200).nullable(),
    failureCode: p.string().length(100).nullable(),
    failureDetail: p.string().length(500).nullable(),
    createdAt: p.datetime(3),
    /** When the gateway was first asked: committed before the call. Null: never, or it has certainly done nothing. */
    chargingAt: p.datetime(3).nullable(),
    /** When it was last asked. Null beside the first: nobody is known to have asked, and it is looked for before anybody does. */
    lastCallAt: p.datetime(3).nullable(),
    calls: p.integer().unsigned(),
    settledAt: p.datetime(3).nullable(),
    jobId: p.uuid(),
    reviewAt: p.datetime(3).nullable(),
  },
});

/** A buyer's bank takes a payment back, or asks about it. What becomes of it is decided at the gateway, and told by webhooks. */
export const Dispute = defineEntity({
  name: 'Dispute',
  tableName: 'disputes',
  uniques: [
    /** A dispute at the gateway is one of ours: the webhook that tells of it looks it up. */
    { properties: ['gatewayReference'] },
  ],
  indexes: [
    /** No query: the foreign key has it. */
    { properties: ['order'] },
    /** No query: the foreign key has it. */
    { properties: ['payment'] },
  ],
  properties: {
    id: p.uuid().primary(),
    order: () => p.manyToOne(Order).mapToPk(),
    payment: () => p.manyToOne(Payment).mapToPk(),
    gatewayReference: p.string().length(255),
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

/** What was said to the gateway or heard from it. */
export const gatewayOperations = ['charge', 'look_up', 'cancel', 'refund', 'webhook'] as const;
export type GatewayOperation = (typeof gatewayOperations)[number];

/** One conversation with the gateway. Written before it begins; without `endedAt` nobody heard how it ended. */
export const GatewayCall = defineEntity({
  name: 'GatewayCall',
  tableName: 'gateway_calls',
  indexes: [
    /** An order's timeline: `GET /orders/{id}/timeline`; and whether a webhook has been taken. */
    { properties: ['order'] },
  ],
  properties: {
    id: p.uuid().primary(),
    // No foreign key: its check would lock the order, which whoever settles has locked first.
    order: p.uuid().fieldName('order_id'),
    /** The payment, refund or dispute it was about. */
    subjectId: p.uuid(),
    operation: p.enum(gatewayOperations),
    startedAt: p.datetime(3),
    endedAt: p.datetime(3).nullable(),
    outcome: p.string().length(60).nullable(),
    /** Of `cancel` it begins with why nobody waits for the payment any longer. */
    detail: p.string().length(500).nullable(),
    /** Of a webhook that is taken once: the gateway's own id of the event. */
    eventId: p.string().length(255).nullable(),
  },
});
