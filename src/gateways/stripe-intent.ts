import type Stripe from 'stripe';
import { Undecided } from '../errors.ts';
import type { ChargeOutcome, ListedCharge } from './payment-gateway.ts';

/** What a payment intent says of the charge. @throws Undecided when it has not decided yet. */
export function intentOutcome(intent: Stripe.PaymentIntent): ChargeOutcome {
  const { id: reference, status, client_secret: clientSecret, last_payment_error: error } = intent;
  switch (status) {
    case 'succeeded':
      return { status: 'succeeded', reference };
    case 'canceled':
      return { status: 'canceled', reference };
    case 'requires_action':
      return { status: 'requires_action', reference, clientSecret };
    case 'requires_payment_method':
      return {
        status: 'failed',
        reference,
        code: error?.decline_code || error?.code || 'card_declined',
        detail: error?.message ?? 'The payment method was refused.',
      };
    default:
      throw new Undecided(`Stripe left ${reference} '${status}'`);
  }
}

/** An intent as a line of the gateway's list; one that has not decided yet counts as waiting. */
export function listedCharge(intent: Stripe.PaymentIntent): ListedCharge {
  const isOpen = intent.status === 'processing' || intent.status.startsWith('requires_c');
  return {
    orderId: intent.metadata['order_id'],
    paymentId: intent.metadata['payment_id'],
    amountMinor: intent.amount,
    currency: intent.currency.toUpperCase(),
    reference: intent.id,
    outcome: isOpen ? { status: 'requires_action', reference: intent.id, clientSecret: null } : intentOutcome(intent),
  };
}
