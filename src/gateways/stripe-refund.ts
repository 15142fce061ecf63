import { z } from 'zod';
import type { ListedRefund, RefundOutcome } from './payment-gateway.ts';
import { toldAmount } from './stripe-amounts.ts';

/** What a refund at Stripe has to say, in its answers and in its webhooks. */
export const StripeRefund = z.object({
  id: z.string().min(1).max(255),
  status: z.string().nullish(),
  failure_reason: z.string().nullish(),
  amount: z.int().nonnegative(),
  currency: z.string().max(10),
  payment_intent: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});
type StripeRefund = Readonly<z.output<typeof StripeRefund>>;

const OurId = z.uuid();

/** What a refund says of itself. Money is back only when it says `succeeded`: it may be at work, or wait for the buyer. */
export function refundOutcome({ id: reference, status, failure_reason: reason }: StripeRefund): RefundOutcome {
  if (status === 'succeeded') return { status: 'succeeded', reference };
  if (status === 'failed') return { status, reference, code: reason ?? 'refund_failed', detail: 'The refund failed.' };
  if (status === 'canceled') return { status: 'failed', reference, code: status, detail: 'The refund was canceled.' };
  return { status: 'processing', reference, detail: status ?? 'undecided' };
}

/** A refund as a line of the gateway's list. */
export function listedRefund(refund: StripeRefund): ListedRefund {
  const { payment_intent: charge, metadata, id: reference } = refund;
  return {
    reference,
    chargeReference: typeof charge === 'string' ? charge : charge?.id,
    refundId: OurId.safeParse(metadata?.['refund_id']).data,
    ...toldAmount(refund),
    outcome: refundOutcome(refund),
  };
}
