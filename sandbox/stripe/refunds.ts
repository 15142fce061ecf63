import { json } from '../answer.ts';
import { refuseOddAmount } from './amounts.ts';
import type { Books, Entry, PaymentIntent, Refund, RefundStatus } from './books.ts';
import { ledgerRow } from './charge.ts';
import { type Form, readMetadata } from './form.ts';
import { identifier } from './identifier.ts';
import { type Cause, paymentEvent } from './payment-event.ts';
import type { Outcome } from './payment-intents.ts';
import { refundCourse } from './payment-methods.ts';
import { badParameter, missing, Refusal } from './stripe-error.ts';

/** The parameters `POST /v1/refunds` takes. */
export const refundParameters = ['amount', 'charge', 'metadata', 'payment_intent', 'reason'] as const;

/** What a refund depends on beside its parameters. */
export interface RefundContext extends Cause {
  /** As what it begins, whatever its card says. */
  readonly refundBeginsAs?: () => RefundStatus | undefined;
}

/** Gives money back, all that is left of the payment unless an amount is named; never more than is left. */
export function createRefund(
  books: Books,
  form: Form,
  context: RefundContext,
): Outcome & { entry: { refund: Refund } } {
  const id = form.text('payment_intent') ?? intentOfCharge(books, form.text('charge'));
  if (id === undefined)
    throw badParameter('payment_intent', 'parameter_missing', 'One of charge or payment_intent is required.');
  const intent = books.intents.get(id);
  if (!intent) throw missing(400, 'payment_intent', 'payment_intent', id);
  if (intent.status !== 'succeeded') {
    const message = `This PaymentIntent (${id}) does not have a successful charge to refund.`;
    throw new Refusal(400, 'invalid_request_error', message, { param: 'payment_intent' });
  }
  const amount = amountWithin(intent.amount_received - refundedOf(books, id), intent.currency, form);
  const status = context.refundBeginsAs?.() ?? refundCourse(intent.payment_method)?.first ?? 'succeeded';
  const refund: Refund = {
    id: identifier('re'),
    object: 'refund',
    amount,
    balance_transaction: identifier('txn'),
    charge: intent.latest_charge,
    created: Math.floor(context.nowMs / 1000),
    currency: intent.currency,
    metadata: readMetadata(form),
    payment_intent: id,
    reason: form.text('reason') ?? null,
    receipt_number: null,
    status,
    ...(status === 'failed' ? { failure_reason: 'unknown' } : {}),
  };
  const entry = {
    refund,
    refundedBy: context.idempotencyKey,
    ...(status === 'succeeded' ? { ledger: ledgerRow('refund', intent, amount, context) } : {}),
    events: [
      paymentEvent('refund.created', refund, context),
      status === 'failed'
        ? paymentEvent('refund.failed', refund, context)
        : paymentEvent('charge.refunded', chargeOf(intent, refundedOf(books, id) + amount), context),
    ],
  };
  return { answer: json(200, refund), entry };
}

/** What may become of a refund; money that has been given back can come back. */
const courses: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  pending: ['requires_action', 'succeeded', 'failed', 'canceled'],
  requires_action: ['pending', 'succeeded', 'failed', 'canceled'],
  succeeded: ['failed'],
  failed: [],
  canceled: [],
};

/** Moves a refund on, as the buyer's bank or time would; undefined when it cannot go there. */
export function moveRefund(books: Books, id: string, status: RefundStatus, nowMs: number): Entry | undefined {
  const refund = books.refunds.get(id);
  const intent = books.intents.get(refund?.payment_intent ?? '');
  if (!refund || !intent || !courses[refund.status].includes(status)) return undefined;
  const cause = { idempotencyKey: books.refundedBy.get(id) ?? null, nowMs };
  const moved: Refund = { ...refund, status, ...(status === 'failed' ? { failure_reason: 'unknown' } : {}) };
  const events = [paymentEvent('refund.updated', moved, cause)];
  if (status === 'failed') events.push(paymentEvent('refund.failed', moved, cause));
  const given = status === 'succeeded' ? refund.amount : refund.status === 'succeeded' ? -refund.amount : 0;
  return {
    refund: moved,
    events,
    ...(given === 0 ? {} : { ledger: ledgerRow('refund', intent, given, cause) }),
  };
}

function refundedOf(books: Books, paymentIntent: string): number {
  const standing = books.refundsOf(paymentIntent).filter(({ status }) => status !== 'failed' && status !== 'canceled');
  return standing.reduce((sum, { amount }) => sum + amount, 0);
}

/** The charge as events show it: since 2022 without its refunds. */
function chargeOf(intent: PaymentIntent, refunded: number) {
  return {
    id: intent.latest_charge,
    object: 'charge',
    amount: intent.amount,
    amount_refunded: refunded,
    currency: intent.currency,
    metadata: intent.metadata,
    payment_intent: intent.id,
    refunded: refunded === intent.amount_received,
  };
}

function amountWithin(left: number, currency: string, form: Form): number {
  if (left === 0) {
    const code = 'charge_already_refunded';
    throw new Refusal(400, 'invalid_request_error', 'The charge has already been refunded.', { code });
  }
  const amount = form.whole('amount') ?? left;
  refuseOddAmount(amount, currency);
  if (amount > left) {
    const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
    throw new Refusal(400, 'invalid_request_error', message, { param: 'amount' });
  }
  return amount;
}

function intentOfCharge(books: Books, charge: string | undefined): string | undefined {
  if (charge === undefined) return undefined;
  const intent = [...books.intents.values()].find(({ latest_charge }) => latest_charge === charge);
  if (!intent) throw missing(400, 'charge', 'charge', charge);
  return intent.id;
}
