import { defineGateway } from '../payments/define-gateway.ts';

/** Asks nobody and takes nothing: every charge and refund succeeds at once. */
export const instant = defineGateway({
  name: 'instant',
  asksNobody: true,
  keepsBooks: false,
  limits: () => ({ stepMinor: 1, leastMinor: 0, mostMinor: Number.MAX_SAFE_INTEGER }),
  keyLifeMs: Number.POSITIVE_INFINITY,
  usualMethod: 'instant',
  open: () => ({
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
  }),
});
