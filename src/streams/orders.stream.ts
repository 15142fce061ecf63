import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** The life of every order. The subject of each event is the order's id. */
export const orders = defineStream({
  name: 'orders',
  summary: 'What happened to orders, in order per order id.',
  maxLength: 100_000,
});

const money = { total_amount: z.number(), currency: z.string().length(3) };
const order = { order_id: z.uuid(), user_id: z.int(), ...money };

/** An order is stored and its stock is held; whether it is paid is not known yet. */
export const orderCreated = defineEvent(orders, {
  type: 'order.created',
  schema: 1,
  summary: 'An order has been accepted and stored.',
  data: z.object({
    ...order,
    status: z.literal('pending'),
    items: z.array(z.object({ product_id: z.int(), quantity: z.int(), unit_price: z.number() })),
  }),
});

/** The gateway has taken the whole amount, once. */
export const orderPaid = defineEvent(orders, {
  type: 'order.paid',
  schema: 1,
  summary: 'The order is paid.',
  data: z.object({ ...order, status: z.literal('paid'), payment_id: z.uuid() }),
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
});
