import { z } from 'zod';
import { Undecided } from '../../errors.ts';
import type { ChargeOutcome, ListedCharge, ListedRefund, RefundOutcome } from '../payments/payment-gateway.ts';
import { toldAmount } from './amounts.ts';

const Failure = z.object({
  code: z.string().nullish(),
  decline_code: z.string().nullish(),
  message: z.string().nullish(),
});

/** What a payment intent at Stripe has to say, in its answers and in its webhooks. */
export const StripeIntent = z.object({
  id: z.string().min(1).max(255),
  status: z.string(),
  amount: z.int().nonnegative(),
  amount_received: z.int().nullish(),
  currency: z.string().max(10),
  client_secret: z.string().max(255).nullish(),
  last_payment_error: Failure.nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});
type StripeIntent = Readonly<z.output<typeof StripeIntent>>;

const OurId = z.uuid();

/**
 * What a payment intent says of the charge.
 * @throws Undecided when it has not decided yet, or has succeeded with anything but all that was asked for: that is for people.
 */
export function intentOutcome(intent: StripeIntent): ChargeOutcome {
  const { id, status, amount, amount_received: received } = intent;
  if (status === 'succeeded' && (received ?? amount) !== amount)
    throw new Undecided(`Stripe has received ${received} of ${amount} for ${id}`);
  return outcomeOf(intent);
}

function outcomeOf(intent: StripeIntent): ChargeOutcome {
  const { id: reference, status, client_secret: clientSecret, last_payment_error: error } = intent;
  switch (status) {
    case 'succeeded':
      return { status: 'succeeded', reference };
    case 'canceled':
      return { status: 'canceled', reference, ...(error && refusalOf(error)) };
    case 'requires_action':
      return { status: 'requires_action', reference, clientSecret: clientSecret ?? null };
    case 'requires_payment_method':
      return {
        status: 'failed',
        reference,
        ...refusalOf(error ?? {}),
      };
    default:
      throw new Undecided(`Stripe left ${reference} '${status}'`);
  }
}

function refusalOf({ decline_code: declineCode, code, message }: z.output<typeof Failure>) {
  return { code: declineCode || code || 'card_declined', detail: message ?? 'The payment method was refused.' };
}

/** An intent as a line of the gateway's list; one that has not decided yet counts as waiting. */
export function listedCharge(intent: StripeIntent): ListedCharge {
  const { status, amount, amount_received: received, currency } = intent;
  return {
    orderId: OurId.safeParse(intent.metadata?.['order_id']).data,
    paymentId: OurId.safeParse(intent.metadata?.['payment_id']).data,
    ...toldAmount(intent),
    ...(status === 'succeeded' && { receivedMinor: toldAmount({ amount: received ?? amount, currency }).amountMinor }),
    reference: intent.id,
    outcome: isDecided(intent)
      ? outcomeOf(intent)
      : { status: 'requires_action', reference: intent.id, clientSecret: null },
  };
}

/** Whether the intent says how it ended, or that it waits for its buyer. */
export function isDecided({ status }: Pick<StripeIntent, 'status'>): boolean {
  return decided.has(status);
}

const decided = new Set(['succeeded', 'canceled', 'requires_action', 'requires_payment_method']);

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
