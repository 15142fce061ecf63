import { defineGateway, onceAsked } from '../payments/define-gateway.ts';
import { stripeLimits } from './amounts.ts';

/** Stripe, by its official package; of several keys (rotation) the first is used, of webhook secrets any. */
export const stripe = defineGateway({
  name: 'stripe',
  keepsBooks: true,
  limits: stripeLimits,
  // Stripe forgets keys after 24 hours; what is asked shortly before that may arrive after it.
  keyLifeMs: 23 * 3_600_000,
  hearsUnnamed: { title: 'Stripe', signatureHeader: 'stripe-signature' },
  isStandIn: ({ STRIPE_API_BASE: base }) => new URL(base).hostname !== 'api.stripe.com',
  perSecond: ({ PAYMENTS_PER_SECOND }) => PAYMENTS_PER_SECOND,
  open({ STRIPE_SECRET_KEY: keys, STRIPE_WEBHOOK_SECRET: webhookSecrets, STRIPE_API_BASE: base }, pace) {
    if (!keys) return undefined;
    const { readWebhook, ...calls } = onceAsked(async () => {
      const { openStripe } = await import('./stripe.ts');
      return openStripe({ keys, webhookSecrets: webhookSecrets ?? [], base, pace });
    });
    return webhookSecrets ? { ...calls, readWebhook } : calls;
  },
  async checkUp(config) {
    const { checkStripe } = await import('./check-up.ts');
    return config.STRIPE_SECRET_KEY ? checkStripe(config) : [];
  },
});
