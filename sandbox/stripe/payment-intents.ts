import { type Answer, json } from '../answer.ts';
import { readCurrency, refuseUncharged } from './amounts.ts';
import type { Entry, PaymentIntent } from './books.ts';
import { type ChargeContext, charge } from './charge.ts';
import { type Form, readMetadata } from './form.ts';
import { identifier } from './identifier.ts';
import { paymentEvent } from './payment-event.ts';
import { cardOutcome } from './payment-methods.ts';
import { badParameter, Refusal } from './stripe-error.ts';

/** What a request did: its answer, and the entry that makes it lasting. */
export interface Outcome {
  readonly answer: Answer;
  readonly entry: Entry;
}

/** The parameters `POST /v1/payment_intents` takes; the real gateway refuses unknown ones too. */
export const createParameters = [
  'amount',
  'automatic_payment_methods',
  'capture_method',
  'confirm',
  'confirmation_method',
  'currency',
  'customer',
  'description',
  'error_on_requires_action',
  'metadata',
  'off_session',
  'payment_method',
  'payment_method_types',
  'receipt_email',
  'return_url',
  'setup_future_usage',
  'shipping',
  'statement_descriptor',
  'statement_descriptor_suffix',
  'use_stripe_sdk',
] as const;

/** Makes an intent and, when asked to, confirms it at once. */
export function createIntent(form: Form, context: ChargeContext): Outcome {
  const amount = form.whole('amount');
  if (amount === undefined) throw badParameter('amount', 'parameter_missing', 'Missing required param: amount.');
  const currency = readCurrency(form.text('currency'));
  refuseUncharged(amount, currency);
  const method = form.text('payment_method');
  const isConfirmed = form.flag('confirm');
  const outcome = method === undefined ? undefined : cardOutcome(method);
  if (isConfirmed && !outcome)
    throw badParameter('payment_method', 'parameter_missing', 'A payment method is required to confirm an intent.');
  if (isConfirmed) requireReturnUrl(form, context.version);
  const id = identifier('pi');
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    amount,
    amount_capturable: 0,
    amount_received: 0,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_${identifier('secret')}`,
    confirmation_method: 'automatic',
    created: Math.floor(context.nowMs / 1000),
    currency,
    customer: form.text('customer') ?? null,
    description: form.text('description') ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: readMetadata(form),
    next_action: null,
    payment_method: method ?? null,
    payment_method_types: ['card'],
    processing: null,
    receipt_email: form.text('receipt_email') ?? null,
    status: method === undefined ? 'requires_payment_method' : 'requires_confirmation',
  };
  if (isConfirmed) return charge(intent, form, context);
  return { answer: json(200, intent), entry: { intent } };
}

/** Confirms an intent that waits for it, with another payment method if one is named. */
export function confirmIntent(intent: PaymentIntent, form: Form, context: ChargeContext): Outcome {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, 'confirm');
  const method = form.text('payment_method') ?? intent.payment_method;
  if (method === null)
    throw badParameter('payment_method', 'parameter_missing', 'A payment method is required to confirm an intent.');
  return charge({ ...intent, payment_method: method }, form, context);
}

/** Cancels an intent that has not been paid. */
export function cancelIntent(intent: PaymentIntent, form: Form, context: ChargeContext): Outcome {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, 'cancel');
  const canceled: PaymentIntent = {
    ...intent,
    status: 'canceled',
    canceled_at: Math.floor(context.nowMs / 1000),
    cancellation_reason: form.text('cancellation_reason') ?? null,
    next_action: null,
  };
  const event = paymentEvent('payment_intent.canceled', canceled, context);
  return { answer: json(200, canceled), entry: { intent: canceled, event } };
}

function unexpectedState(intent: PaymentIntent, verb: string): Refusal {
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`;
  const details = { code: 'payment_intent_unexpected_state', payment_intent: intent };
  return new Refusal(400, 'invalid_request_error', message, details);
}

// Since this version the gateway enables methods that redirect, and wants to know where the buyer comes back to.
function requireReturnUrl(form: Form, version: string): void {
  const isSettled =
    version < '2023-08-16' ||
    form.has('return_url') ||
    form.has('payment_method_types') ||
    form.text('automatic_payment_methods[allow_redirects]') === 'never';
  if (isSettled) return;
  const message =
    'This PaymentIntent accepts payment methods that may redirect: provide a `return_url`, or set ' +
    '`automatic_payment_methods[enabled]` to true and `automatic_payment_methods[allow_redirects]` to never.';
  throw new Refusal(400, 'invalid_request_error', message, { param: 'return_url' });
}
