import Stripe from 'stripe';
import { z } from 'zod';
import { BadSignature } from '../errors.ts';
import type { Notice } from './payment-gateway.ts';
import { intentOutcome } from './stripe-intent.ts';

// How old a signature may be: the gateway signs each delivery anew.
const toleranceSeconds = 300;
const Metadata = z.object({ order_id: z.uuid(), payment_id: z.uuid() });

/**
 * Reads an event that any of the secrets has signed. Undefined: it is about no payment intent of ours.
 * @throws BadSignature when no secret fits, or the signature is older than five minutes.
 */
export function readStripeWebhook(
  stripe: Stripe,
  secrets: readonly string[],
  body: string,
  signature: string,
): Notice | undefined {
  const event = verified(stripe, secrets, body, signature);
  if (
    event.type !== 'payment_intent.succeeded' &&
    event.type !== 'payment_intent.payment_failed' &&
    event.type !== 'payment_intent.canceled' &&
    event.type !== 'payment_intent.requires_action'
  )
    return undefined;
  const intent = event.data.object;
  const ours = Metadata.safeParse(intent.metadata);
  if (!ours.success) return undefined;
  const { order_id: orderId, payment_id: paymentId } = ours.data;
  return { gateway: 'stripe', type: event.type, orderId, paymentId, outcome: intentOutcome(intent) };
}

function verified(stripe: Stripe, secrets: readonly string[], body: string, signature: string): Stripe.Event {
  let cause: unknown;
  for (const secret of secrets)
    try {
      return stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
      cause = error;
    }
  throw new BadSignature('no webhook secret fits the signature', { cause });
}
