import type { Config } from '../config.ts';
import { NoSuchGateway } from '../errors.ts';
import type { Pace } from './http/pace.ts';
import { instant } from './instant/instant.ts';
import type { PaymentGateway, PaymentGateways } from './payments/payment-gateway.ts';
import { stripeLimits } from './stripe/amounts.ts';

/**
 * Opens every gateway that is configured. `PAYMENT_GATEWAY` says who takes new payments; what was begun with another stays
 * with that one. Whoever is asked over the network is asked at this pace.
 */
export function openPaymentGateways(config: Config, pace: Pace | undefined): PaymentGateways {
  const keys = config.STRIPE_SECRET_KEY;
  const webhookSecrets = config.STRIPE_WEBHOOK_SECRET ?? [];
  if (!keys) return gatewaysOf(config.PAYMENT_GATEWAY, [instant]);
  const stripe = onceAsked('stripe', stripeLimits, async () => {
    const { openStripe } = await import('./stripe/stripe.ts');
    return openStripe({ keys, webhookSecrets, base: config.STRIPE_API_BASE, pace });
  });
  return gatewaysOf(config.PAYMENT_GATEWAY, [stripe, instant]);
}

/** These gateways, and which of them takes new payments. */
export function gatewaysOf(current: string, all: readonly PaymentGateway[]): PaymentGateways {
  return {
    current,
    all,
    named(name) {
      const gateway = all.find((some) => some.name === name);
      if (gateway) return gateway;
      throw new NoSuchGateway(
        `the gateway '${name}' is not configured, and what belongs to it waits; set its keys again`,
      );
    },
  };
}

/** A gateway that is opened by the first call: its package is large, and most processes never ask for money. */
function onceAsked(
  name: string,
  limits: PaymentGateway['limits'],
  open: () => Promise<PaymentGateway>,
): PaymentGateway {
  let opening: Promise<PaymentGateway> | undefined;
  const opened = () => (opening ??= open());
  return {
    name,
    keepsBooks: true,
    limits,
    charge: async (charge) => (await opened()).charge(charge),
    find: async (lost) => (await opened()).find(lost),
    lookUp: async (reference, charged) => (await opened()).lookUp(reference, charged),
    charged: async (reference) => (await opened()).charged(reference),
    cancel: async (reference) => (await opened()).cancel(reference),
    refund: async (refund) => (await opened()).refund(refund),
    refundsOf: async (reference) => (await opened()).refundsOf(reference),
    async *list(since, until) {
      yield* (await opened()).list(since, until);
    },
    async *listRefunds(since, until) {
      yield* (await opened()).listRefunds(since, until);
    },
    readWebhook: async (body, signature) => (await opened()).readWebhook(body, signature),
  };
}
