import { OutcomeUnknown } from '../../src/errors.ts';
import type {
  Charge,
  ChargeOutcome,
  ListedCharge,
  PaymentGateway,
} from '../../src/gateways/payments/payment-gateway.ts';
import { tireless } from '../support/upstreams/tireless-outage.ts';
import { exchange } from './jobs.ts';
import type { Process, Simulation } from './simulation.ts';

/** What a method ends in. */
export const methods = { taken: 'card_taken', refused: 'card_refused' } as const;

/** The gateway's own books: what was asked of it with which key, and what it took. */
export class Ledger {
  readonly charges: (ListedCharge & Readonly<{ key: string }>)[] = [];

  charge({ key, method, orderId, paymentId, amountMinor, currency }: Charge): ChargeOutcome {
    const known = this.charges.find((one) => one.key === key);
    if (known) return known.outcome;
    const reference = `ch_${this.charges.length + 1}`;
    const outcome: ChargeOutcome =
      method === methods.refused
        ? { status: 'failed', reference, code: 'card_declined', detail: 'The card was refused.' }
        : { status: 'succeeded', reference };
    this.charges.push({ key, orderId, paymentId, amountMinor, currency, reference, outcome });
    return outcome;
  }
}

/** A way of a process to speak to the gateway. */
export function gatewayOf(
  around: Readonly<{ process: Process; simulation: Simulation }>,
  ledger: Ledger,
): PaymentGateway {
  const ask = <T>(what: string, act: () => T) =>
    exchange(around, { to: 'gateway', what }, act, () => new OutcomeUnknown('no answer has come'));
  const outcomeOf = (reference: string): ChargeOutcome =>
    ledger.charges.find((one) => one.reference === reference)?.outcome ?? { status: 'canceled', reference };
  return {
    name: 'ledger',
    keepsBooks: true,
    limits: () => ({ stepMinor: 1, leastMinor: 1, mostMinor: 1_000_000 }),
    keyLifeMs: 86_400_000,
    outage: tireless,
    charge: (charge) => ask(`charge ${charge.paymentId} by ${charge.key}`, () => ledger.charge(charge)),
    find: ({ paymentId }) =>
      ask(`find ${paymentId}`, () => ledger.charges.find((one) => one.paymentId === paymentId)?.outcome),
    lookUp: (reference) => ask(`look up ${reference}`, () => outcomeOf(reference)),
    charged: (reference) => ask(`read ${reference}`, () => ledger.charges.find((one) => one.reference === reference)),
    cancel: (reference) => ask(`cancel ${reference}`, () => outcomeOf(reference)),
    refund: async () => ({ status: 'failed', reference: null, code: 'none', detail: 'Nothing is given back here.' }),
    refundsOf: async () => [],
    async *list() {
      yield* ledger.charges;
    },
    async *listRefunds() {
      // Nothing is given back here.
    },
  };
}
