import { defineEntity, p } from '@mikro-orm/mysql';
import { price } from './market-columns.ts';

/** What a price must do to fire an alert. */
const alertKinds = ['above', 'below', 'percent'] as const;
/** What became of the order that a firing carries; a refusal is for good. */
export const carriedStates = ['waiting', 'placed', 'refused'] as const;

/** Somebody wants to be told when a price moves, and perhaps an order to be placed then. */
export const PriceAlert = defineEntity({
  name: 'PriceAlert',
  tableName: 'price_alerts',
  indexes: [
    /** One's own, newest first: `GET /market/alerts`. */
    { properties: ['userId', 'id'] },
    /** Those that a price this high changes: judging. */
    { properties: ['symbol', 'wakeHigh'] },
    /** Those that a price this low changes: judging. */
    { properties: ['symbol', 'wakeLow'] },
    /** Those that have been over for long: the job `prune-alerts`. */
    { properties: ['endedAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    /** No foreign key: an alert ends when it would fire for somebody who has left. */
    userId: p.integer().unsigned(),
    symbol: p.string().length(32),
    kind: p.enum(alertKinds),
    /** A price, or of `percent` the least move in percent. */
    threshold: price(),
    isOnce: p.boolean(),
    /** Of `percent`: the price from which it counts; null: the first that is judged. */
    reference: price().nullable(),
    /** Whether it fires when its condition is met; otherwise that has been so, and must end first. */
    isArmed: p.boolean(),
    /** No price between these two, both left out, changes anything about it; null: none does on that side. */
    wakeHigh: price().nullable(),
    wakeLow: price().nullable(),
    /** The position in the log after which prices count for it. */
    since: p.bigint('number').unsigned(),
    firings: p.integer().unsigned().default(0),
    /** JSON text: the order that its first firing places. */
    carried: p.text().nullable(),
    /** The one webhook of its owner that is told; null, also once that is deleted: each that wants to be. */
    webhookId: p.uuid().nullable(),
    createdAt: p.datetime(3),
    /** When it has fired for the last time, or its owner was found to have left. */
    endedAt: p.datetime(3).nullable(),
  },
});

/** That an alert has fired, by which price, and what became of the order it carries. */
export const AlertFiring = defineEntity({
  name: 'AlertFiring',
  tableName: 'alert_firings',
  indexes: [
    /** Those whose order is to be placed: every worker looks for them. */
    { properties: ['dueAt'] },
    /** How many mails somebody got of late. */
    { properties: ['userId', 'mailBegunAt'] },
    /** Those of long ago: the job `prune-alerts`. */
    { properties: ['firedAt'] },
  ],
  properties: {
    alert: p.uuid().primary(),
    /** 1, 2, 3 … of its alert. */
    number: p.integer().unsigned().primary(),
    userId: p.integer().unsigned(),
    /** The position in the log of the price that fired it. */
    position: p.bigint('number').unsigned(),
    price: price(),
    /** Of `percent`: the price from which the move was counted. */
    reference: price().nullable(),
    /** When the price was observed. */
    asOf: p.datetime(3),
    firedAt: p.datetime(3),
    /** Null: it carries none. */
    orderState: p.enum(carriedStates).nullable(),
    orderId: p.uuid().nullable(),
    /** Why there is no order. */
    orderCode: p.string().length(50).nullable(),
    orderDetail: p.string().length(300).nullable(),
    /** How often somebody has set about placing the order. */
    attempts: p.integer().unsigned().default(0),
    /** When somebody is to place the order, or to look whether that was done. */
    dueAt: p.datetime(3).nullable(),
    /** When somebody set about mailing it, which takes one of the hour's mails; null again when the mail was not taken. */
    mailBegunAt: p.datetime(3).nullable(),
    mailedAt: p.datetime(3).nullable(),
  },
});

/** How far of the log prices have been judged, one row. */
export const AlertCursor = defineEntity({
  name: 'AlertCursor',
  tableName: 'alert_cursor',
  properties: {
    /** Always 1. */
    id: p.integer().unsigned().primary().autoincrement(false),
    position: p.bigint('number').unsigned(),
  },
});

/** When the newest judged price of a symbol was observed: one of before is history by then, and fires nothing. */
export const JudgedSymbol = defineEntity({
  name: 'JudgedSymbol',
  tableName: 'judged_symbols',
  properties: {
    symbol: p.string().length(32).primary(),
    asOf: p.datetime(3),
  },
});
