import { json } from '../answer.ts';
import type { LedgerRow, PaymentIntent } from './books.ts';
import type { RefundContext } from './refunds.ts';
import type { Form } from './form.ts';
import { identifier } from './identifier.ts';
import { type Cause, paymentEvent } from './payment-event.ts';
import type { Outcome } from './payment-intents.ts';
import { cardOutcome, type DeclineReason, plainDecline } from './payment-methods.ts';
import { stripeError } from './stripe-error.ts';

/** What a charge depends on beside its parameters. */
export interface ChargeContext extends RefundContext {
  /** The `Stripe-Version` of the request; empty when it names none. */
  readonly version: string;
  /** Where the buyer confirms an intent. */
  readonly stepOf: (intent: string) => string;
  /** Every card is declined, whatever it would say. */
  readonly isDeclining: () => boolean;
}

/** Charges the intent's card: paid, declined (402, the intent open again), or waiting for the buyer. */
export function charge(intent: PaymentIntent, form: Form, context: ChargeContext): Outcome {
  const outcome = cardOutcome(intent.payment_method ?? '');
  if (context.isDeclining()) return decline(intent, plainDecline, context);
  if (outcome.says === 'no') return decline(intent, outcome, context);
  if (outcome.says === 'yes') return succeed(intent, context);
  if (form.flag('off_session') || form.flag('error_on_requires_action')) {
    const message = 'Your card was declined. This transaction requires authentication.';
    return decline(intent, { code: 'authentication_required', message }, context);
  }
  const waiting: PaymentIntent = {
    ...intent,
    status: 'requires_action',
    next_action: nextAction(context.stepOf(intent.id), form.text('return_url')),
    last_payment_error: null,
  };
  const event = paymentEvent('payment_intent.requires_action', waiting, context);
  return { answer: json(200, waiting), entry: { intent: waiting, confirmedBy: context.idempotencyKey, event } };
}

/** Takes the money: the ledger row stands in the same journal line as the intent. */
export function succeed(intent: PaymentIntent, context: Cause): Outcome {
  const paid: PaymentIntent = {
    ...intent,
    status: 'succeeded',
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: identifier('ch'),
    next_action: null,
  };
  const entry = {
    intent: paid,
    ledger: ledgerRow('charge', paid, paid.amount, context),
    event: paymentEvent('payment_intent.succeeded', paid, context),
  };
  return { answer: json(200, paid), entry };
}

/** Opens the intent again for another payment method, with the reason beside it. */
export function decline(intent: PaymentIntent, reason: DeclineReason, context: Cause): Outcome {
  const { code, message } = reason;
  const declineCode = reason.decline_code === undefined ? {} : { decline_code: reason.decline_code };
  const charged = identifier('ch');
  const payment_method = { id: intent.payment_method, object: 'payment_method', type: 'card' };
  const details = { charge: charged, code, ...declineCode, payment_method };
  const open: PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    last_payment_error: { ...details, message, type: 'card_error' },
    latest_charge: charged,
    next_action: null,
    payment_method: null,
  };
  const answer = stripeError(402, 'card_error', message, { ...details, payment_intent: open });
  return { answer, entry: { intent: open, event: paymentEvent('payment_intent.payment_failed', open, context) } };
}

/** A row of the ledger, which tests read to count what was really taken. */
export function ledgerRow(
  type: LedgerRow['type'],
  intent: PaymentIntent,
  amount: number,
  { idempotencyKey, nowMs }: Cause,
): LedgerRow {
  return {
    type,
    payment_intent: intent.id,
    order_id: intent.metadata['order_id'] ?? null,
    amount,
    currency: intent.currency,
    idempotency_key: idempotencyKey,
    at: new Date(nowMs).toISOString(),
  };
}

// Stripe's own script opens its page without a return URL, a browser is sent there with one.
function nextAction(url: string, returnUrl: string | undefined): Record<string, unknown> {
  if (returnUrl !== undefined) return { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } };
  return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } };
}
