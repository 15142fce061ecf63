import type { RefundStatus } from './books.ts';
import { missing } from './stripe-error.ts';

/** Why a charge did not go through. */
export interface DeclineReason {
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
}

/** How a refund to a card begins, and what becomes of it some time later. */
export interface RefundCourse {
  readonly first: RefundStatus;
  readonly later: RefundStatus;
}

/** What a card says when it is charged. */
export type CardOutcome =
  | { readonly says: 'yes'; readonly refunds?: RefundCourse; readonly isDisputed?: true }
  | { readonly says: 'authenticate' }
  | ({ readonly says: 'no' } & DeclineReason);

const declined = (declineCode: string): CardOutcome & DeclineReason => ({
  says: 'no',
  code: 'card_declined',
  decline_code: declineCode,
  message: 'Your card was declined.',
});

/** The plain decline, with which the fault `decline` answers every card. */
export const plainDecline = declined('generic_decline');

const cards = new Map<string, CardOutcome>([
  ['pm_card_visa', { says: 'yes' }],
  ['pm_card_visa_debit', { says: 'yes' }],
  ['pm_card_mastercard', { says: 'yes' }],
  ['pm_card_amex', { says: 'yes' }],
  // Refunds to these begin as they say, and go on by themselves.
  ['pm_card_pendingRefund', { says: 'yes', refunds: { first: 'pending', later: 'succeeded' } }],
  ['pm_card_refundFail', { says: 'yes', refunds: { first: 'succeeded', later: 'failed' } }],
  ['pm_card_createDispute', { says: 'yes', isDisputed: true }],
  ['pm_card_chargeDeclined', plainDecline],
  ['pm_card_chargeDeclinedLostCard', declined('lost_card')],
  ['pm_card_chargeDeclinedStolenCard', declined('stolen_card')],
  ['pm_card_chargeDeclinedFraudulent', declined('fraudulent')],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    {
      says: 'no',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      message: 'Your card has insufficient funds.',
    },
  ],
  ['pm_card_chargeDeclinedExpiredCard', { says: 'no', code: 'expired_card', message: 'Your card has expired.' }],
  [
    'pm_card_chargeDeclinedIncorrectCvc',
    { says: 'no', code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
  ],
  [
    'pm_card_chargeDeclinedProcessingError',
    {
      says: 'no',
      code: 'processing_error',
      message: 'An error occurred while processing your card. Try again in a little bit.',
    },
  ],
  ['pm_card_authenticationRequired', { says: 'authenticate' }],
  ['pm_card_threeDSecure2Required', { says: 'authenticate' }],
]);

/** How refunds to this card go; undefined: at once, and for good. */
export function refundCourse(paymentMethod: string | null): RefundCourse | undefined {
  const outcome = cards.get(paymentMethod ?? '');
  return outcome?.says === 'yes' ? outcome.refunds : undefined;
}

/** How a payment method answers a charge. @throws Refusal when the gateway has never heard of it. */
export function cardOutcome(paymentMethod: string): CardOutcome {
  const outcome = cards.get(paymentMethod);
  if (!outcome) throw missing(400, 'payment_method', 'PaymentMethod', paymentMethod);
  return outcome;
}
