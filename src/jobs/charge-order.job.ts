import { z } from 'zod';
import { Order } from '../entities/order.entity.ts';
import { Payment } from '../entities/payment.entity.ts';
import { settlePayment } from '../orders/settle-payment.ts';
import { defineJob } from './define-job.ts';
import { payments as queue } from './queues.ts';

/** Charges an order's payment at the gateway and settles both. */
export const chargeOrder = defineJob(
  {
    kind: 'charge-order',
    summary: 'Charge one order at the payment gateway and record the outcome.',
    queue,
    payload: z.object({ order_id: z.uuid(), payment_id: z.uuid() }),
    result: z.object({ order_id: z.uuid(), payment_status: z.string() }),
    // A gateway may be away for a long while; a wait of at most five seconds each keeps the order's delay short.
    attempts: 1_000,
    backoffMs: 250,
    maxBackoffMs: 5_000,
    timeoutMs: 15_000,
  },
  async ({ payload }, { em, gateway, transaction, now }) => {
    const payment = await em.findOneOrFail(Payment, payload.payment_id, { refresh: true });
    if (payment.status !== 'processing') return { order_id: payload.order_id, payment_status: payment.status };
    const order = await em.findOneOrFail(Order, payload.order_id);

    // Twice, or by two workers at once, it is one charge: the key was minted with the payment and never changes.
    const outcome = await gateway.charge({
      key: payment.gatewayKey,
      orderId: order.id,
      amountMinor: payment.amountMinor,
      currency: payment.currency,
      method: payment.method,
    });
    await transaction((tx, after) => settlePayment(tx, after, { order, paymentId: payment.id, outcome, at: now() }));
    return { order_id: order.id, payment_status: outcome.status };
  },
);
