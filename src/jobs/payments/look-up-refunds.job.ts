import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { GiveUp, Undecided } from '../../errors.ts';
import { beginCall } from '../../payments/begin-charge.ts';
import { hearRefunds } from '../../payments/hear-refund.ts';
import { knownPayment, lockKnownOrder } from '../../orders/order.ts';
import { endCall } from '../../payments/settle-payment.ts';
import { paymentJobs } from '../../payments/jobs.ts';
import { defineJob } from '../define-job.ts';
import { admitTo, hearGateway } from './hear-gateway.ts';
import { payments as queue } from '../queues.ts';

/** Asks the gateway for every refund of a payment, and takes each in. Twice is harmless: it then says what is known. */
export const lookUpRefunds = defineJob(
  {
    ...paymentJobs.lookUpRefunds,
    summary: 'Ask the payment gateway for all refunds of one payment and record them.',
    queue,
    result: z.object({ order_id: z.uuid(), refunds: z.int() }),
    attempts: 100,
    backoffMs: 500,
    maxBackoffMs: 30_000,
    timeoutMs: 15_000,
  },
  async ({ payload, signal }, ctx: JobContext) => {
    const { order_id: orderId, payment_id: paymentId } = payload;
    const {
      transaction,
      payments: { gateways, restOf },
      now,
    } = ctx;
    await admitTo(ctx, payload);
    const { gateway, reference, callId } = await transaction(async (tx) => {
      await lockKnownOrder(tx, orderId);
      const { status, gateway: name, gatewayReference } = await knownPayment(tx, { orderId, paymentId });
      if (status !== 'succeeded' || !gatewayReference) throw new Undecided(`payment ${paymentId} is still ${status}`);
      const call = { orderId, subjectId: paymentId, operation: 'look_up' as const, at: now() };
      return { gateway: gateways.named(name), reference: gatewayReference, callId: await beginCall(tx, call) };
    });
    const noted = (status: string) => (detail: string) =>
      transaction((tx) => endCall(tx, callId, { status, detail }, now()));
    const refunds = await hearGateway({ gateway, restOf, signal }, () => gateway.refundsOf(reference), {
      unknown: noted('unknown'),
      notExecuted: noted('not_executed'),
    });
    const differing = await transaction(async (tx, after) => {
      await lockKnownOrder(tx, orderId);
      const payment = await knownPayment(tx, { orderId, paymentId });
      const heard = await hearRefunds(tx, after, { payment, refunds, at: now() });
      await endCall(tx, callId, { status: 'listed', detail: `${refunds.length} refunds` }, now());
      return heard.filter(({ verdict }) => verdict === 'differs').map(({ listed }) => listed.reference);
    });
    if (differing.length > 0)
      throw new GiveUp(`the gateway's refunds ${differing.join(', ')} cannot be those of payment ${paymentId}`);
    return { order_id: orderId, refunds: refunds.length };
  },
);
