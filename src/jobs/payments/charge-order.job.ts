import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import type { PaymentStatus } from '../../entities/payments.entity.ts';
import { Undecided } from '../../errors.ts';
import {
  type ChargeOutcome,
  isKeyStale,
  neverTaken,
  type PaymentGateway,
} from '../../gateways/payments/payment-gateway.ts';
import { type Begun, chargeOf, type DueCharge, undoCharge, wasNeverAsked } from '../../payments/begin-charge.ts';
import type { Unknown } from '../../payments/settle-payment.ts';
import { orderJobs } from '../../orders/jobs.ts';
import { defineJob } from '../define-job.ts';
import { admitTo, hearGateway } from './hear-gateway.ts';
import { payments as queue } from '../queues.ts';

/**
 * Brings a payment to its end: charges it at the gateway, or finds out what became of a charge nobody heard of. It may run
 * any number of times, also at once: every charge of a payment carries the key that was minted with it.
 */
export const chargeOrder = defineJob(
  {
    ...orderJobs.charge,
    summary: 'Charge one order at the payment gateway and record the outcome.',
    queue,
    result: z.object({ order_id: z.uuid(), payment_status: z.string() }),
    // A gateway may be away for a long while; a wait of at most five seconds each keeps the order's delay short.
    attempts: 1_000,
    backoffMs: 250,
    maxBackoffMs: 5_000,
    timeoutMs: 15_000,
  },
  async ({ payload, signal }, ctx: JobContext) => {
    const { order_id, payment_id } = payload;
    const { now, payments } = ctx;
    const due = { orderId: order_id, paymentId: payment_id, at: now(), gateways: payments.gateways };
    const { asksNobody } = payments.gateways.all.find(({ name }) => name === payload.gateway) ?? {};
    if (asksNobody && (await payments.chargeAtOnce(due))) return { order_id, payment_status: 'succeeded' };
    await admitTo(ctx, payload);
    return { order_id, payment_status: (await bringToEnd(ctx, due, signal)) ?? 'settled' };
  },
);

/** Where the payment stands after what the gateway has said of it; undefined: it needs nothing any more. */
async function bringToEnd(ctx: JobContext, due: DueCharge, signal: AbortSignal): Promise<PaymentStatus | undefined> {
  const { transaction, now, payments } = ctx;
  const { orderId, paymentId } = due;
  // Committed before a word is said: whatever dies from here on, everyone knows that the gateway may have been asked.
  const begun = await payments.begin(due);
  if (!begun) return undefined;
  const { callId, gateway } = begun;
  const settle = (outcome: ChargeOutcome | Unknown) =>
    payments.settle({ orderId, paymentId, outcome, at: now(), callId });
  const outcome = await hearGateway({ gateway, restOf: payments.restOf, signal }, () => converse(ctx, begun, signal), {
    unknown: (detail) => settle({ status: 'unknown', detail }),
    notExecuted: (detail) => transaction((tx) => undoCharge(tx, { paymentId, callId, detail, at: now() })),
  });
  // What has been looked for in vain is charged the next time, and that has an outcome.
  return outcome ? settle(outcome) : bringToEnd(ctx, { ...due, at: now(), soughtBy: callId }, signal);
}

/** What the gateway says; undefined: it may be asked to charge. @throws OutcomeUnknown, NotExecuted or Misconfigured. */
async function converse(
  { now }: JobContext,
  { payment, gateway, operation }: Begun,
  signal: AbortSignal,
): Promise<ChargeOutcome | undefined> {
  const outcome =
    operation === 'charge' ? await gateway.charge(chargeOf(payment)) : await lookUp(gateway, payment, now(), signal);
  if (!outcome) return undefined;
  // A buyer whose card was refused could still confirm the charge in the browser, and knows nothing of a charge whose answer
  // was lost. The gateway is made to end both, so that paying again cannot charge twice.
  const isOpen =
    (payment.status === 'requires_action' && outcome.status === 'failed') ||
    (payment.status === 'unknown' && outcome.status === 'requires_action');
  if (!isOpen || outcome.reference === null) return outcome;
  const ended = await gateway.cancel(outcome.reference, payment);
  return ended.status === 'canceled' && outcome.status === 'failed' ? outcome : ended;
}

/**
 * Where a payment stands that may have been charged; undefined: it was not. Whoever is known to have asked, of old, has not been heard
 * then, and must not be again. Where nobody is, it is looked for up to where its key finds it: what was charged since is not charged anew.
 */
async function lookUp(
  gateway: PaymentGateway,
  payment: Begun['payment'],
  at: Date,
  signal: AbortSignal,
): Promise<ChargeOutcome | undefined> {
  const { id: paymentId, amountMinor, currency, gatewayReference, toldReference, createdAt } = payment;
  if (gatewayReference) return gateway.lookUp(gatewayReference, { amountMinor, currency });
  const isFirstCharge = wasNeverAsked(payment);
  const firstAskedAt = (isFirstCharge ? undefined : payment.chargingAt) ?? createdAt;
  const keptSinceMs = Math.max(createdAt.getTime(), at.getTime() - gateway.keyLifeMs);
  const lastAskedAt = payment.lastCallAt ?? new Date(keptSinceMs);
  const isLongAgo = isKeyStale(gateway, lastAskedAt, at);
  const lost = { paymentId, amountMinor, currency, firstAskedAt, lastAskedAt, isLongAgo, toldReference };
  const found = await gateway.find(lost, signal);
  if (found || isFirstCharge) return found;
  if (isKeyStale(gateway, firstAskedAt, at)) return neverTaken;
  throw new Undecided('the gateway lists no such charge yet');
}
