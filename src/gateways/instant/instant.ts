import type { PaymentGateway } from '../payments/payment-gateway.ts';

/** Asks nobody and takes nothing: every charge and refund succeeds at once. */
export const instant: PaymentGateway = {
  name: 'instant',
  keepsBooks: false,
  limits: () => ({ stepMinor: 1, leastMinor: 0, mostMinor: Number.MAX_SAFE_INTEGER }),
  charge: async ({ key }) => ({ status: 'succeeded', reference: `instant_${key}` }),
  find: async () => undefined,
  lookUp: async (reference) => ({ status: 'succeeded', reference }),
  charged: async () => undefined,
  cancel: async (reference) => ({ status: 'canceled', reference }),
  refund: async ({ key }) => ({ status: 'succeeded', reference: `instant_${key}` }),
  refundsOf: async () => [],
  async *list() {
    // It keeps no books.
  },
  async *listRefunds() {
    // Of refunds neither.
  },
  readWebhook: async () => undefined,
};
