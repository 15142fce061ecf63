import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** The life of every order. The subject of each event is the order's id. */
export const orders = defineStream({
  name: 'orders',
  summary: 'What happened to orders, in order per order id.',
  maxLength: 100_000,
});

const money = { total_amount: z.number(), currency: z.string().length(3) };
const Items = z.array(z.object({ product_id: z.int(), quantity: z.int(), unit_price: z.number() }));
const order = { order_id: z.uuid(), user_id: z.int(), ...money };

const orderId = '019341d2-0000-7000-8000-000000000001';
const paymentId = '019341d2-0000-7000-8000-000000000002';
const refundId = '019341d2-0000-7000-8000-000000000003';
const exampleOrder = { order_id: orderId, user_id: 1, total_amount: 100, currency: 'USD' };
const exampleItems = [
  { product_id: 1, quantity: 1, unit_price: 60 },
  { product_id: 2, quantity: 1, unit_price: 40 },
];

/** An order is stored and its stock is held; whether it is paid is not known yet. */
export const orderCreated = defineEvent(orders, {
  type: 'order.created',
  schema: 1,
  summary: 'An order has been accepted and stored.',
  data: z.object({
    ...order,
    status: z.literal('pending'),
    items: Items,
  }),
  example: { subject: orderId, data: { ...exampleOrder, status: 'pending', items: exampleItems } },
});

/** The gateway has taken the whole amount, once. */
export const orderPaid = defineEvent(orders, {
  type: 'order.paid',
  schema: 1,
  summary: 'The order is paid.',
  data: z.object({ ...order, status: z.literal('paid'), payment_id: z.uuid() }),
  example: { subject: orderId, data: { ...exampleOrder, status: 'paid', payment_id: paymentId } },
});

/** The gateway refused for good; nothing was taken. Paying again makes a new payment. */
export const orderPaymentFailed = defineEvent(orders, {
  type: 'order.payment_failed',
  schema: 1,
  summary: 'The payment was refused and nothing was charged.',
  data: z.object({
    ...order,
    status: z.literal('payment_failed'),
    payment_id: z.uuid(),
    failure_code: z.string(),
  }),
  example: {
    subject: orderId,
    data: { ...exampleOrder, status: 'payment_failed', payment_id: paymentId, failure_code: 'insufficient_funds' },
  },
});

/** The buyer has changed what is ordered, or named how the order is to be paid. */
export const orderUpdated = defineEvent(orders, {
  type: 'order.updated',
  schema: 1,
  summary: 'Items or payment method of an unpaid order have changed.',
  data: z.object({ ...order, status: z.enum(['pending', 'payment_failed']), items: Items }),
  example: { subject: orderId, data: { ...exampleOrder, status: 'pending', items: exampleItems } },
});

/** Paying has been started once more, with a payment of its own; whether it succeeds is not known yet. */
export const orderPaymentRetried = defineEvent(orders, {
  type: 'order.payment_retried',
  schema: 1,
  summary: 'A failed order is being paid again.',
  data: z.object({ ...order, status: z.literal('pending'), payment_id: z.uuid() }),
  example: { subject: orderId, data: { ...exampleOrder, status: 'pending', payment_id: paymentId } },
});

/** The order is over, unpaid, and its stock is free again. */
export const orderCancelled = defineEvent(orders, {
  type: 'order.cancelled',
  schema: 1,
  summary: 'The order was cancelled before anything was paid.',
  data: z.object({ ...order, status: z.literal('cancelled'), reason: z.enum(['requested', 'expired']) }),
  example: { subject: orderId, data: { ...exampleOrder, status: 'cancelled', reason: 'requested' } },
});

/** Money has gone back: `amount` with this refund, `refunded_amount` in all. */
export const orderRefunded = defineEvent(orders, {
  type: 'order.refunded',
  schema: 1,
  summary: 'The payment was given back, whole or in part.',
  data: z.object({
    ...order,
    status: z.enum(['partially_refunded', 'refunded']),
    refund_id: z.uuid(),
    amount: z.number(),
    refunded_amount: z.number(),
  }),
  example: {
    subject: orderId,
    data: {
      ...exampleOrder,
      status: 'partially_refunded',
      refund_id: refundId,
      amount: 25,
      refunded_amount: 25,
    },
  },
});

/** The gateway could not give `amount` back after all; `refunded_amount` in all is what counts, and what the status says. */
export const orderRefundFailed = defineEvent(orders, {
  type: 'order.refund_failed',
  schema: 1,
  summary:
    'A refund has failed or was canceled, also one that had succeeded: the order is back where the others leave it.',
  data: z.object({
    ...order,
    status: z.enum(['paid', 'partially_refunded', 'refunded']),
    refund_id: z.uuid(),
    amount: z.number(),
    refunded_amount: z.number(),
    failure_code: z.string(),
  }),
  example: {
    subject: orderId,
    data: {
      ...exampleOrder,
      status: 'paid',
      refund_id: refundId,
      amount: 25,
      refunded_amount: 0,
      failure_code: 'lost_or_stolen_card',
    },
  },
});

/** A dispute has begun, changed or ended, or its money has moved. The order's own status does not follow it. */
export const orderDisputed = defineEvent(orders, {
  type: 'order.disputed',
  schema: 1,
  summary: 'The buyer’s bank disputes the payment: once for each step that the gateway tells of.',
  data: z.object({
    ...order,
    status: z.enum(['pending', 'paid', 'payment_failed', 'cancelled', 'partially_refunded', 'refunded']),
    dispute_id: z.uuid(),
    happened: z.string(),
    dispute_status: z.string(),
    reason: z.string().nullable(),
    amount: z.number(),
  }),
  example: {
    subject: orderId,
    data: {
      ...exampleOrder,
      status: 'paid',
      dispute_id: '019341d2-0000-7000-8000-000000000004',
      happened: 'created',
      dispute_status: 'needs_response',
      reason: 'fraudulent',
      amount: 100,
    },
  },
});
