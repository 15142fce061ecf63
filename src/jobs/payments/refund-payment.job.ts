import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { Undecided } from '../../errors.ts';
import { isKeyStale, type RefundOutcome } from '../../gateways/payments/payment-gateway.ts';
import { type BegunRefund, undoRefund } from '../../payments/refund-payment.ts';
import type { Unknown } from '../../payments/settle-payment.ts';
import { paymentJobs } from '../../payments/jobs.ts';
import { defineJob } from '../define-job.ts';
import { admitTo, hearGateway } from './hear-gateway.ts';
import { payments as queue } from '../queues.ts';

/** Gives money back at the gateway and records it. Any number of runs refund once: each carries the refund's own key. */
export const refundPayment = defineJob(
  {
    ...paymentJobs.refund,
    summary: 'Refund a payment, whole or in part, and record the outcome.',
    queue,
    result: z.object({ order_id: z.uuid(), refund_status: z.string() }),
    attempts: 1_000,
    backoffMs: 250,
    maxBackoffMs: 5_000,
    timeoutMs: 15_000,
  },
  async ({ payload, signal }, ctx: JobContext) => {
    const { order_id, refund_id } = payload;
    const { transaction, now, payments } = ctx;
    const { restOf } = payments;
    await admitTo(ctx, payload);
    const ids = { orderId: order_id, refundId: refund_id };
    const begun = await payments.beginRefund({ ...ids, at: now(), gateways: payments.gateways });
    if (!begun) return { order_id, refund_status: 'settled' };
    const { callId, gateway } = begun;
    const settle = (outcome: RefundOutcome | Unknown) => payments.settleRefund({ ...ids, outcome, at: now(), callId });
    const outcome = await hearGateway({ gateway, restOf, signal }, () => converse(ctx, begun), {
      unknown: (detail) => settle({ status: 'unknown', detail }),
      notExecuted: (detail) => transaction((tx) => undoRefund(tx, { refundId: refund_id, callId, detail, at: now() })),
    });
    return { order_id, refund_status: await settle(outcome) };
  },
);

async function converse(
  { now }: JobContext,
  { refund, gateway, operation, reference }: BegunRefund,
): Promise<RefundOutcome> {
  const { gatewayKey: key, id: refundId, amountMinor, currency } = refund;
  if (operation === 'refund') return gateway.refund({ key, refundId, reference, amountMinor, currency });
  const listed = await gateway.refundsOf(reference);
  const found = listed.find((each) =>
    refund.gatewayReference
      ? each.reference === refund.gatewayReference
      : each.refundId === refundId && each.amountMinor === amountMinor,
  );
  if (found) return found.outcome;
  // The gateway has no such refund, and the key will not be used again: it has not happened and will not happen.
  if (!refund.gatewayReference && refund.chargingAt && isKeyStale(gateway, refund.chargingAt, now()))
    return { status: 'failed', reference: null, code: 'not_refunded', detail: 'The gateway never took the refund up.' };
  throw new Undecided('the gateway lists no such refund yet');
}
