import { z } from 'zod';
import type { JobContext } from '../context.ts';
import { Payment } from '../entities/payment.entity.ts';
import type { ListedCharge, PaymentGateway } from '../gateways/payment-gateway.ts';
import { settlePayment } from '../orders/settle-payment.ts';
import { paymentMoves } from '../orders/transitions.ts';
import { chargeOrder } from './charge-order.job.ts';
import { compareRefunds } from './compare-refunds.ts';
import { defineJob } from './define-job.ts';
import { upkeep as queue } from './queues.ts';
import { type Compared, type Difference, reportDifference, type Verdict } from './report-difference.ts';

const dayMs = 24 * 3_600_000;
// Charges of the last minutes may still be on their way to both books.
const freshMs = 10 * 60_000;
const mostNamed = 100;

const Count = z.object({ compared: z.int(), settled: z.int(), differing: z.array(z.string()) });

/**
 * Compares the gateway's list of the last two days with ours, and that of refunds for as long as they can still fail. What is
 * not over is settled by what the list says, and a refund made at the gateway is recorded; money that only one of the books has
 * is for people: it becomes a dead letter, whose replay charges and refunds nothing. Twice is harmless.
 */
export const compareCharges = defineJob(
  {
    kind: 'compare-charges',
    summary: 'Compare the payments and refunds of the last days with the gateway’s own lists.',
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
    const tally = async ({ verdict, difference }: Compared) => {
      signal.throwIfAborted();
      count.compared += 1;
      if (verdict === 'settled') count.settled += 1;
      if (verdict !== 'differs') return;
      const { reference, payload } = difference;
      ctx.log.error({ reference, order: payload['order_id'] }, 'compare-charges: the books differ');
      if (count.differing.length < mostNamed) count.differing.push(reference);
      await reportDifference(ctx, id, difference);
    };
    for (const gateway of ctx.gateways.all) {
      for await (const charge of gateway.list(new Date(until.getTime() - 2 * dayMs), until))
        if (charge.outcome.status !== 'requires_action')
          await tally({ verdict: await compare(ctx, gateway, charge), difference: differenceOf(charge) });
      for await (const compared of compareRefunds(ctx, gateway, { since: oldest.createdAt, until }))
        await tally(compared);
    }
    return count;
  },
);

async function compare(ctx: JobContext, gateway: PaymentGateway, charge: ListedCharge): Promise<Verdict> {
  const { orderId, paymentId, reference, outcome, amountMinor, currency } = charge;
  if (orderId === undefined || paymentId === undefined) return 'not_ours';
  const payment = await ctx.em.findOne(Payment, { id: paymentId, order: orderId }, { disableIdentityMap: true });
  // What another gateway's book has of it settles nothing here.
  if (payment?.gateway !== gateway.name) return outcome.status === 'succeeded' ? 'differs' : 'not_ours';
  if (payment.amountMinor !== amountMinor || payment.currency !== currency) return 'differs';
  // A second intent of one payment: nothing of ours made it, and when it has taken money, that is once too often.
  if (payment.gatewayReference && payment.gatewayReference !== reference)
    return outcome.status === 'succeeded' ? 'differs' : 'same';
  if (payment.status === outcome.status) return 'same';
  if (paymentMoves[payment.status].includes(outcome.status)) {
    await ctx.transaction((tx, after) => settlePayment(tx, after, { orderId, paymentId, outcome, at: ctx.now() }));
    return 'settled';
  }
  // What was never taken may have ended in either way; only money that moved is a difference.
  return payment.status === 'succeeded' || outcome.status === 'succeeded' ? 'differs' : 'same';
}

function differenceOf({ reference, orderId, paymentId, outcome, amountMinor, currency }: ListedCharge): Difference {
  return {
    reference,
    kind: chargeOrder.kind,
    payload: { order_id: orderId, payment_id: paymentId },
    what: `the gateway has ${reference} as ${outcome.status} over ${amountMinor} ${currency}; we do not`,
  };
}
