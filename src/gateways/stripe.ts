import Stripe from 'stripe';
import { GiveUp } from '../errors.ts';
import type { Charge, ChargeOutcome, PaymentGateway } from './payment-gateway.ts';

const timeoutMs = 10_000;

/** Opens Stripe with the official package; of several keys (rotation) the first is used. */
export function openStripe(keys: readonly string[], base: string): PaymentGateway {
  const { hostname, port, protocol } = new URL(base);
  const stripe = new Stripe(keys[0] ?? '', {
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    protocol: protocol === 'http:' ? 'http' : 'https',
    timeout: timeoutMs,
    // BullMQ's attempts are the one place that tries again.
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return { name: 'stripe', charge: (charge) => chargeWith(stripe, charge) };
}

async function chargeWith(
  stripe: Stripe,
  { key, orderId, amountMinor, currency, method }: Charge,
): Promise<ChargeOutcome> {
  try {
    const intent = await stripe.paymentIntents.create(
      {
        amount: amountMinor,
        currency: currency.toLowerCase(),
        payment_method: method,
        confirm: true,
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        metadata: { order_id: orderId },
      },
      { idempotencyKey: key },
    );
    if (intent.status === 'succeeded') return { status: 'succeeded', reference: intent.id };
    if (intent.status === 'requires_action') return { status: 'requires_action', reference: intent.id };
    throw new Error(`Stripe left ${intent.id} '${intent.status}'`);
  } catch (error) {
    return refusal(error);
  }
}

/** A final refusal as an outcome; anything else leaves the outcome unknown and is thrown on. */
function refusal(error: unknown): ChargeOutcome {
  if (error instanceof Stripe.errors.StripeCardError) {
    const reference = error.payment_intent?.id ?? null;
    return {
      status: 'failed',
      reference,
      // The client gives '' where the gateway says nothing.
      code: error.decline_code || error.code || 'card_declined',
      detail: error.message,
    };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return { status: 'failed', reference: null, code: error.code ?? 'invalid_request', detail: error.message };
  if (error instanceof Stripe.errors.StripeIdempotencyError && error.statusCode === 400)
    throw new GiveUp('the payment key has been used for another charge', { cause: error });
  throw error;
}
