import { z } from 'zod';

const Metadata = z.record(z.string(), z.string());

const PaymentIntent = z.looseObject({
  id: z.string(),
  object: z.literal('payment_intent'),
  amount: z.int(),
  amount_received: z.int(),
  canceled_at: z.int().nullable(),
  cancellation_reason: z.string().nullable(),
  client_secret: z.string(),
  created: z.int(),
  currency: z.string(),
  last_payment_error: z.record(z.string(), z.unknown()).nullable(),
  latest_charge: z.string().nullable(),
  metadata: Metadata,
  next_action: z.record(z.string(), z.unknown()).nullable(),
  payment_method: z.string().nullable(),
  status: z.enum(['requires_payment_method', 'requires_confirmation', 'requires_action', 'succeeded', 'canceled']),
});

const refundStatuses = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] as const;

const Refund = z.looseObject({
  id: z.string(),
  object: z.literal('refund'),
  status: z.enum(refundStatuses).default('succeeded'),
  amount: z.int(),
  charge: z.string().nullable(),
  currency: z.string(),
  metadata: Metadata,
  payment_intent: z.string(),
});

const Dispute = z.looseObject({
  id: z.string(),
  object: z.literal('dispute'),
  status: z.enum(['needs_response', 'won', 'lost']),
  amount: z.int(),
  currency: z.string(),
  payment_intent: z.string(),
});

const LedgerRow = z.object({
  type: z.enum(['charge', 'refund']),
  payment_intent: z.string(),
  order_id: z.string().nullable(),
  amount: z.int(),
  currency: z.string(),
  idempotency_key: z.string().nullable(),
  at: z.string(),
});

const KeyRecord = z.object({
  key: z.string(),
  fingerprint: z.string(),
  atMs: z.number(),
  requestId: z.string(),
  status: z.int(),
  body: z.string(),
});

const PaymentEvent = z.looseObject({ id: z.string(), type: z.string() });

/** One thing that happened, whole: everything a request changed stands in one line of the journal or not at all. */
export const Entry = z.object({
  intent: PaymentIntent.optional(),
  /** The idempotency key of the request that confirmed the intent, kept for a charge that is completed later. */
  confirmedBy: z.string().nullable().optional(),
  refund: Refund.optional(),
  /** The idempotency key of the request that made the refund, kept for one that succeeds later. */
  refundedBy: z.string().nullable().optional(),
  dispute: Dispute.optional(),
  ledger: LedgerRow.optional(),
  key: KeyRecord.optional(),
  /** Of what happened, in the order in which it is announced; `event` is the only one. */
  events: z.array(PaymentEvent).optional(),
  event: PaymentEvent.optional(),
  delivered: z.string().optional(),
});

/** A payment intent as the gateway shows it. */
export type PaymentIntent = z.infer<typeof PaymentIntent>;
/** A refund as the gateway shows it. */
export type Refund = z.infer<typeof Refund>;
/** Where a refund stands. */
export type RefundStatus = Refund['status'];
/** A dispute as the gateway shows it. */
export type Dispute = z.infer<typeof Dispute>;
/** A charge or refund as the control URL shows it. */
export type LedgerRow = z.infer<typeof LedgerRow>;
/** What an idempotency key answers from now on. */
export type KeyRecord = z.infer<typeof KeyRecord>;
/** A webhook event with its object. */
export type PaymentEvent = z.infer<typeof PaymentEvent>;
/** What one request changed. */
export type Entry = z.infer<typeof Entry>;

/** All the gateway knows, kept in memory; the journal is its truth. */
export class Books {
  readonly intents = new Map<string, PaymentIntent>();
  readonly confirmedBy = new Map<string, string | null>();
  readonly refunds = new Map<string, Refund>();
  readonly #refundsOf = new Map<string, Set<string>>();
  readonly refundedBy = new Map<string, string | null>();
  readonly disputes = new Map<string, Dispute>();
  readonly ledger: LedgerRow[] = [];
  readonly keys = new Map<string, KeyRecord>();
  readonly undelivered = new Map<string, PaymentEvent>();

  /** Takes in an entry: the same code when it happens and when the journal is read again. */
  apply(entry: Entry): void {
    const { intent, confirmedBy, refund, refundedBy, dispute, ledger, key, delivered } = entry;
    if (intent) this.intents.set(intent.id, intent);
    if (intent && confirmedBy !== undefined) this.confirmedBy.set(intent.id, confirmedBy);
    if (refund) this.refunds.set(refund.id, refund);
    if (refund) this.#refundsOf.set(refund.payment_intent, this.#refundIds(refund.payment_intent).add(refund.id));
    if (refund && refundedBy !== undefined) this.refundedBy.set(refund.id, refundedBy);
    if (dispute) this.disputes.set(dispute.id, dispute);
    if (ledger) this.ledger.push(ledger);
    if (key) this.keys.set(key.key, key);
    for (const event of eventsOf(entry)) this.undelivered.set(event.id, event);
    if (delivered !== undefined) this.undelivered.delete(delivered);
  }

  /** The refunds of a payment intent, oldest first. */
  refundsOf(paymentIntent: string): readonly Refund[] {
    return [...this.#refundIds(paymentIntent)].flatMap((id) => this.refunds.get(id) ?? []);
  }

  #refundIds(paymentIntent: string): Set<string> {
    return this.#refundsOf.get(paymentIntent) ?? new Set();
  }
}

/** What an entry announces. */
export function eventsOf({ event, events = [] }: Entry): readonly PaymentEvent[] {
  return event ? [event, ...events] : events;
}
