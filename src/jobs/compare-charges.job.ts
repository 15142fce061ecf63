import { z } from 'zod';
import type { JobContext } from '../context.ts';
import { Payment } from '../entities/payment.entity.ts';
import type { ListedCharge, PaymentGateway } from '../gateways/payment-gateway.ts';
import { settlePayment } from '../orders/settle-payment.ts';
import { paymentMoves } from '../orders/transitions.ts';
import { chargeOrder } from './charge-order.job.ts';
import { defineJob } from './define-job.ts';
import { keepLetter } from './keep-letter.ts';
import { upkeep as queue } from './queues.ts';

const dayMs = 24 * 3_600_000;
// Charges of the last minutes may still be on their way to both books.
const freshMs = 10 * 60_000;
const mostNamed = 100;

const Count = z.object({ compared: z.int(), settled: z.int(), differing: z.array(z.string()) });

/**
 * Compares the gateway's list of the last two days with ours. A payment that is not over is settled by what the list says;
 * one that is over and differs is for people: it becomes a dead letter, whose replay charges nothing. Twice is harmless.
 */
export const compareCharges = defineJob(
  {
    kind: 'compare-charges',
    summary: 'Compare the payments of the last two days with the gateway’s own list.',
    queue,
    payload: z.object({}),
    result: Count,
    attempts: 5,
    backoffMs: 60_000,
    maxBackoffMs: 600_000,
    timeoutMs: 600_000,
    everyMs: dayMs,
  },
  async ({ id, signal }, ctx) => {
    const until = new Date(ctx.now().getTime() - freshMs);
    const count: z.output<typeof Count> = { compared: 0, settled: 0, differing: [] };
    // Before the first payment is that old there is nothing to ask about.
    const [oldest] = await ctx.em.find(Payment, {}, { orderBy: { id: 'asc' }, limit: 1, disableIdentityMap: true });
    if (!oldest || oldest.createdAt > until) return count;
    const since = new Date(until.getTime() - 2 * dayMs);
    for (const gateway of ctx.gateways.all)
      for await (const charge of gateway.list(since, until)) {
        signal.throwIfAborted();
        if (charge.outcome.status === 'requires_action') continue;
        count.compared += 1;
        const verdict = await compare(ctx, gateway, charge);
        if (verdict === 'settled') count.settled += 1;
        if (verdict !== 'differs') continue;
        ctx.log.error({ reference: charge.reference, order: charge.orderId }, 'compare-charges: the books differ');
        if (count.differing.length < mostNamed) count.differing.push(charge.reference);
        await report(ctx, id, charge);
      }
    return count;
  },
);

type Verdict = 'same' | 'settled' | 'differs' | 'not_ours';

async function compare(ctx: JobContext, gateway: PaymentGateway, charge: ListedCharge): Promise<Verdict> {
  const { orderId, paymentId, outcome, amountMinor, currency } = charge;
  if (orderId === undefined || paymentId === undefined) return 'not_ours';
  const payment = await ctx.em.findOne(Payment, { id: paymentId, order: orderId }, { disableIdentityMap: true });
  // What another gateway's book has of it settles nothing here.
  if (payment?.gateway !== gateway.name) return outcome.status === 'succeeded' ? 'differs' : 'not_ours';
  if (payment.amountMinor !== amountMinor || payment.currency !== currency) return 'differs';
  if (payment.status === outcome.status) return 'same';
  if (paymentMoves[payment.status].includes(outcome.status)) {
    await ctx.transaction((tx, after) => settlePayment(tx, after, { orderId, paymentId, outcome, at: ctx.now() }));
    return 'settled';
  }
  // What was never taken may have ended in either way; only money that moved is a difference.
  return payment.status === 'succeeded' || outcome.status === 'succeeded' ? 'differs' : 'same';
}

async function report({ transaction, now }: JobContext, jobId: string, charge: ListedCharge): Promise<void> {
  const { reference, orderId, paymentId, outcome, amountMinor, currency } = charge;
  const letter = {
    kind: chargeOrder.kind,
    // One letter a charge, however often it is found.
    jobId: `differs-${reference}`,
    payload: { order_id: orderId, payment_id: paymentId },
    reason: `${jobId}: the gateway has ${reference} as ${outcome.status} over ${amountMinor} ${currency}; we do not`,
    attempts: 0,
    diedAt: now(),
  };
  await transaction((tx) => keepLetter(tx, letter));
}
