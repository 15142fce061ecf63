import { missing } from './stripe-error.ts';

/** Why a charge did not go through. */
export interface DeclineReason {
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
}

/** What a card says when it is charged. */
export type CardOutcome =
  | { readonly says: 'yes' }
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

/** How a payment method answers a charge. @throws Refusal when the gateway has never heard of it. */
export function cardOutcome(paymentMethod: string): CardOutcome {
  const outcome = cards.get(paymentMethod);
  if (!outcome) throw missing(400, 'payment_method', 'PaymentMethod', paymentMethod);
  return outcome;
}
