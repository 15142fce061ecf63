import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { Undecided } from '../../errors.ts';
import { isKeyStale, type ListedRefund, type RefundOutcome } from '../../gateways/payments/payment-gateway.ts';
import type { RefundStatus } from '../../entities/payments.entity.ts';
import { wasNeverAsked } from '../../payments/begin-charge.ts';
import { type BegunRefund, type DueRefund, undoRefund } from '../../payments/begin-refund.ts';
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
    const { now, payments } = ctx;
    await admitTo(ctx, payload);
    const due = { orderId: order_id, refundId: refund_id, at: now(), gateways: payments.gateways };
    return { order_id, refund_status: (await bringToEnd(ctx, due, signal)) ?? 'settled' };
  },
);

/** Where the refund stands after what the gateway has said of it; undefined: it needs nothing any more. */
async function bringToEnd(ctx: JobContext, due: DueRefund, signal: AbortSignal): Promise<RefundStatus | undefined> {
  const { transaction, now, payments } = ctx;
  const { orderId, refundId } = due;
  const begun = await payments.beginRefund(due);
  if (!begun) return undefined;
  const { callId, gateway } = begun;
  const settle = (outcome: RefundOutcome | Unknown) =>
    payments.settleRefund({ orderId, refundId, outcome, at: now(), callId });
  const outcome = await hearGateway({ gateway, restOf: payments.restOf, signal }, () => converse(ctx, begun), {
    unknown: (detail) => settle({ status: 'unknown', detail }),
    notExecuted: (detail) => transaction((tx) => undoRefund(tx, { refundId, callId, detail, at: now() })),
  });
  // What has been looked for in vain is asked for the next time, and that has an outcome.
  return outcome ? settle(outcome) : bringToEnd(ctx, { ...due, at: now(), soughtBy: callId }, signal);
}

/** What the gateway says; undefined: nobody is known to have asked, it has no such refund, and may be asked for it. */
async function converse(
  { now }: JobContext,
  { refund, gateway, operation, reference }: BegunRefund,
): Promise<RefundOutcome | undefined> {
  const { gatewayKey: key, id: refundId, amountMinor, currency } = refund;
  if (operation === 'refund') return gateway.refund({ key, refundId, reference, amountMinor, currency });
  const listed = await gateway.refundsOf(reference);
  const isOfAmount = (each: ListedRefund) => each.amountMinor === amountMinor && each.currency === currency;
  const ofIt = listed.filter((each) =>
    refund.gatewayReference ? each.reference === refund.gatewayReference : each.refundId === refundId,
  );
  // Our id on another amount could be anybody's doing; where nothing else bears it, money may have gone back all the same.
  const found = ofIt.find(isOfAmount) ?? ofIt[0];
  if (found && !isOfAmount(found))
    throw new Undecided(`the gateway has ${found.reference} over another amount than was asked for`);
  if (found) return found.outcome;
  if (wasNeverAsked(refund)) return undefined;
  // The gateway has no such refund, and the key will not be used again: it has not happened and will not happen.
  if (!refund.gatewayReference && refund.chargingAt && isKeyStale(gateway, refund.chargingAt, now()))
    return { status: 'failed', reference: null, code: 'not_refunded', detail: 'The gateway never took the refund up.' };
  throw new Undecided('the gateway lists no such refund yet');
}
