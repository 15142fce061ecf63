import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { beginCall } from '../../payments/begin-charge.ts';
import { cancelReasons } from '../../orders/cancel-order.ts';
import { knownPayment, lockKnownOrder } from '../../orders/order.ts';
import { endCall, settlePayment } from '../../payments/settle-payment.ts';
import { GatewayName } from '../../orders/jobs.ts';
import { defineJob } from '../define-job.ts';
import { admitTo, hearGateway } from './hear-gateway.ts';
import { payments as queue } from '../queues.ts';

/**
 * Ends a payment that waits for its buyer, at the gateway first: until that says so, the buyer may still complete it. Who
 * was faster decides whether the order is cancelled or paid. Twice is harmless: the gateway says the same again.
 */
export const cancelPayment = defineJob(
  {
    kind: 'cancel-payment',
    summary: 'End a payment whose buyer has not authenticated in time, or has walked away.',
    queue,
    payload: z.object({
      order_id: z.uuid(),
      payment_id: z.uuid(),
      gateway: GatewayName,
      // Optional until jobs that name no reason have drained.
      reason: z.enum(cancelReasons).default('expired'),
    }),
    result: z.object({ payment_status: z.string() }),
    attempts: 100,
    backoffMs: 500,
    maxBackoffMs: 5_000,
    timeoutMs: 15_000,
    coalesceBy: ({ payment_id }) => payment_id,
  },
  async ({ payload, signal }, ctx: JobContext) => {
    const { order_id: orderId, payment_id: paymentId, reason } = payload;
    const {
      transaction,
      payments: { gateways, restOf },
      now,
    } = ctx;
    await admitTo(ctx, payload);
    const begun = await transaction(async (tx) => {
      await lockKnownOrder(tx, orderId);
      const payment = await knownPayment(tx, { orderId, paymentId });
      const { gatewayReference: reference, status } = payment;
      const gateway = gateways.named(payment.gateway);
      if (status !== 'requires_action' || !reference)
        return { status, gateway, payment, reference: undefined, callId: '' };
      // From here on, whoever hears of the end cancels the order as well: a webhook may be quicker than the answer.
      const call = { orderId, subjectId: paymentId, operation: 'cancel' as const, at: now(), why: reason };
      return { status, gateway, payment, reference, callId: await beginCall(tx, call) };
    });
    if (begun.reference === undefined) return { payment_status: begun.status };
    const { callId, gateway, payment, reference } = begun;
    const noted = (status: string) => (detail: string) =>
      transaction((tx) => endCall(tx, callId, { status, code: reason, detail }, now()));
    const outcome = await hearGateway({ gateway, restOf, signal }, () => gateway.cancel(reference, payment), {
      unknown: noted('unknown'),
      notExecuted: noted('not_executed'),
    });
    const status = await transaction((tx, after) =>
      settlePayment(tx, after, { orderId, paymentId, outcome, at: now(), callId }),
    );
    return { payment_status: status };
  },
);
