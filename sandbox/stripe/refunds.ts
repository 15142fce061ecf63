import { json } from '../answer.ts';
import type { Books, Refund } from './books.ts';
import { ledgerRow } from './charge.ts';
import { type Form, readMetadata } from './form.ts';
import { identifier } from './identifier.ts';
import { type Cause, paymentEvent } from './payment-event.ts';
import type { Outcome } from './payment-intents.ts';
import { badParameter, missing, Refusal } from './stripe-error.ts';

/** The parameters `POST /v1/refunds` takes. */
export const refundParameters = ['amount', 'charge', 'metadata', 'payment_intent', 'reason'] as const;

/** Gives money back, all that is left of the payment unless an amount is named; never more than is left. */
export function createRefund(books: Books, form: Form, context: Cause): Outcome {
  const id = form.text('payment_intent') ?? intentOfCharge(books, form.text('charge'));
  if (id === undefined)
    throw badParameter('payment_intent', 'parameter_missing', 'One of charge or payment_intent is required.');
  const intent = books.intents.get(id);
  if (!intent) throw missing(400, 'payment_intent', 'payment_intent', id);
  if (intent.status !== 'succeeded') {
    const message = `This PaymentIntent (${id}) does not have a successful charge to refund.`;
    throw new Refusal(400, 'invalid_request_error', message, { param: 'payment_intent' });
  }
  const refunded = books.refundsOf(id).reduce((sum, { amount }) => sum + amount, 0);
  const amount = amountWithin(intent.amount_received - refunded, form);
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
    status: 'succeeded',
  };
  const charge = {
    id: intent.latest_charge,
    object: 'charge',
    amount: intent.amount,
    amount_refunded: refunded + amount,
    currency: intent.currency,
    metadata: intent.metadata,
    payment_intent: id,
    refunded: refunded + amount === intent.amount_received,
  };
  const ledger = ledgerRow('refund', intent, amount, context);
  return {
    answer: json(200, refund),
    entry: { refund, ledger, event: paymentEvent('charge.refunded', charge, context) },
  };
}

function amountWithin(left: number, form: Form): number {
  if (left === 0) {
    const code = 'charge_already_refunded';
    throw new Refusal(400, 'invalid_request_error', 'The charge has already been refunded.', { code });
  }
  const amount = form.whole('amount') ?? left;
  if (amount < 1) throw badParameter('amount', 'parameter_invalid_integer', 'Amount must be at least 1.');
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
