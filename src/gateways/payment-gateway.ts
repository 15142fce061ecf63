import type { Config } from '../config.ts';
import { openStripe } from './stripe.ts';

/** What is to be charged. `key` is the payment's own idempotency key: the same for every call made for it. */
export type Charge = Readonly<{
  key: string;
  orderId: string;
  amountMinor: number;
  currency: string;
  method: string;
}>;

/** What the gateway decided; `reference` is its own id of the payment. */
export type ChargeOutcome =
  | Readonly<{ status: 'succeeded'; reference: string }>
  | Readonly<{ status: 'requires_action'; reference: string }>
  | Readonly<{ status: 'failed'; reference: string | null; code: string; detail: string }>;

/**
 * Whoever takes the money. `charge` may be called any number of times with one key and takes the money once.
 * It throws when the outcome is not known: asking again with the same key finds out.
 */
export type PaymentGateway = Readonly<{ name: string; charge(charge: Charge): Promise<ChargeOutcome> }>;

/** Opens the gateway that `PAYMENT_GATEWAY` names. `instant` asks nobody and takes nothing. */
export function openPaymentGateway(config: Config): PaymentGateway {
  if (config.PAYMENT_GATEWAY === 'stripe') return openStripe(config.STRIPE_SECRET_KEY ?? [], config.STRIPE_API_BASE);
  return { name: 'instant', charge: async ({ key }) => ({ status: 'succeeded', reference: `instant_${key}` }) };
}
