import Stripe from 'stripe';
import { Misconfigured, NotExecuted, OutcomeUnknown, TooManyCalls } from '../../errors.ts';

const { errors } = Stripe;
const usualWaitMs = 1_100;

/** A final refusal: nothing was taken, and asking again would change nothing. */
export type Refusal = Readonly<{ status: 'failed'; reference: string | null; code: string; detail: string }>;

/** The refusal that an error of the package is, or undefined when it is none. */
export function stripeRefusal(error: unknown): Refusal | undefined {
  if (error instanceof errors.StripeCardError)
    return {
      status: 'failed',
      reference: error.payment_intent?.id ?? null,
      // The client gives '' where the gateway says nothing.
      code: error.decline_code || error.code || 'card_declined',
      detail: error.message,
    };
  if (isRefused(error))
    return { status: 'failed', reference: null, code: error.code || 'invalid_request', detail: error.message };
  return undefined;
}

/** Whether the request itself was refused, as one about what the account of this key does not have. */
export function isRefused(error: unknown): error is InstanceType<typeof errors.StripeInvalidRequestError> {
  return error instanceof errors.StripeInvalidRequestError && error.statusCode !== 409;
}

/** What any other error means for the conversation. */
export function stripeFailure(error: unknown): Error {
  const cause = { cause: error };
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError)
    return new Misconfigured('Stripe refuses STRIPE_SECRET_KEY; set one that may charge and refund', cause);
  if (error instanceof errors.StripeRateLimitError)
    return new TooManyCalls('Stripe asks to be called less often', retryAfterMs(error), cause);
  if (isStatus(error, 409)) return new NotExecuted('Stripe is still at work for this key', cause);
  // The key has been used for something else: what it did is in the gateway's books alone.
  if (error instanceof errors.StripeIdempotencyError)
    return new OutcomeUnknown('Stripe knows the key otherwise', cause);
  // What kept the call from being made comes wrapped in the package's own error.
  if (error instanceof errors.StripeConnectionError && error.detail instanceof TooManyCalls) return error.detail;
  if (error instanceof errors.StripeConnectionError) return new OutcomeUnknown('Stripe did not answer', cause);
  if (error instanceof errors.StripeError)
    return new OutcomeUnknown(`Stripe answered ${error.statusCode ?? 'nothing usable'}`, cause);
  return error instanceof OutcomeUnknown ? error : new OutcomeUnknown('Stripe did not answer in its own words', cause);
}

/** Stripe seldom says how long; it counts seconds. */
function retryAfterMs({ headers }: InstanceType<typeof errors.StripeRateLimitError>): number {
  const seconds = Number(headers?.['retry-after']);
  return seconds > 0 ? seconds * 1_000 : usualWaitMs;
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof errors.StripeError && error.statusCode === status;
}
