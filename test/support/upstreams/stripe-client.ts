import Stripe from 'stripe';
import type { Sandbox } from './sandbox-process.ts';

/** The official client, pointed at a sandbox. */
export function stripeOf(sandbox: Sandbox): Stripe {
  const { hostname, port } = new URL(sandbox.urls.stripe);
  return new Stripe('sk_test_sandbox', {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** The parameters of a payment confirmed at once. */
export function payment(changes: Partial<Stripe.PaymentIntentCreateParams> = {}): Stripe.PaymentIntentCreateParams {
  return {
    amount: 10_000,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_card_visa',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    metadata: { order_id: 'order-1' },
    ...changes,
  };
}

/** What the gateway refused with. */
export async function refusalOf(promise: Promise<unknown>): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error('The gateway did not refuse.', { cause: error });
}
