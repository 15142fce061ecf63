import type { Outage } from '../http/outage.ts';

/** What is to be charged. `key` is the payment's own idempotency key: the same for every call made for it. */
export type Charge = Readonly<{
  key: string;
  orderId: string;
  paymentId: string;
  amountMinor: number;
  currency: string;
  method: string;
}>;

/** What the gateway decided; `reference` is its own id of the payment. */
export type ChargeOutcome =
  | Readonly<{ status: 'succeeded'; reference: string }>
  /** Waits for the buyer, whose browser needs the secret. */
  | Readonly<{ status: 'requires_action'; reference: string; clientSecret: string | null }>
  | Readonly<{ status: 'failed'; reference: string | null; code: string; detail: string }>
  /** With why it was refused before, where it was. */
  | Readonly<{ status: 'canceled'; reference: string; code?: string; detail?: string }>;

/** What is to be given back of a charge. `key` is the refund's own. */
export type GiveBack = Readonly<{
  key: string;
  refundId: string;
  reference: string;
  amountMinor: number;
  currency: string;
}>;

/** What the gateway decided about a refund. */
export type RefundOutcome =
  | Readonly<{ status: 'succeeded'; reference: string }>
  /** The gateway has it and is at work, or waits for the buyer; it is over when the gateway says so. */
  | Readonly<{ status: 'processing'; reference: string; detail: string }>
  | Readonly<{ status: 'failed'; reference: string | null; code: string; detail: string }>;

/** Which charge is looked for, and between which moments the gateway was asked for it. */
export type LostCharge = Readonly<{
  paymentId: string;
  amountMinor: number;
  currency: string;
  firstAskedAt: Date;
  lastAskedAt: Date;
  /** That was so long ago that whatever the gateway can be asked by tells of it. */
  isLongAgo?: boolean;
  /** Where somebody says it is. */
  toldReference?: string | null | undefined;
}>;

/** A charge as the gateway's own list has it. */
export type ListedCharge = Readonly<{
  orderId: string | undefined;
  paymentId: string | undefined;
  amountMinor: number;
  currency: string;
  /** What has come in of one that has succeeded; where it is not said, all of it. */
  receivedMinor?: number | undefined;
  reference: string;
  outcome: ChargeOutcome;
}>;

/** What is charged, or given back. */
export type Amount = Readonly<{ amountMinor: number; currency: string }>;

/** A refund as the gateway's own list has it. `refundId` is missing of those that were made at the gateway itself. */
export type ListedRefund = Readonly<{
  reference: string;
  chargeReference: string | undefined;
  refundId: string | undefined;
  amountMinor: number;
  currency: string;
  outcome: RefundOutcome;
}>;

/** What the gateway says of a dispute, and when it said so. */
export type ToldDispute = Readonly<{
  reference: string;
  chargeReference: string | undefined;
  status: string;
  reason: string | undefined;
  amountMinor: number;
  currency: string;
  /** What has happened to it, in the gateway's word: `created`, `closed`. */
  happened: string;
  toldAt: Date;
}>;

/** What a webhook tells. Ids of ours in it were written by whoever made the object: they prove nothing. */
export type Notice = Readonly<{
  type: string;
  eventId: string;
  /** When the gateway says that it happened, where it does. */
  happenedAt?: Date | undefined;
}> &
  (
    | Readonly<{ about: 'charge'; charge: ListedCharge; isDecided: boolean }>
    /** What is not whole has to be asked for. */
    | Readonly<{ about: 'refunds'; chargeReference: string; refunds: readonly ListedRefund[]; isWhole: boolean }>
    | Readonly<{ about: 'dispute'; dispute: ToldDispute }>
  );

/** What is known of a gateway without asking it. */
export type GatewayRules = Readonly<{
  /** Stable for ever: payments carry it in their rows. */
  name: string;
  /** It decides in this process and does nothing outside of it: a charge and its outcome are written down together. */
  asksNobody?: boolean;
  /** Whether its lists say what it has done: what they do not have then did not happen. */
  keepsBooks: boolean;
  /** What it can take of a currency. */
  limits(currency: string): AmountLimits;
  /** For how long it knows a key from its first use, ms. An older one is not used again: it would be taken for a new one. */
  keyLifeMs: number;
  /** What is charged where neither the order nor `PAYMENT_DEFAULT_METHOD` names a payment method. */
  usualMethod?: string;
  /** Its webhooks come to `/payments/webhook`; those of all others to a path that ends in their name. */
  hearsUnnamed?: Unnamed;
}>;

/** What is said of the path that names no gateway: whose it is, as people call it, and the header that signs what comes to it. */
export type Unnamed = Readonly<{ title: string; signatureHeader: string }>;

/**
 * What is said to a gateway. `charge` and `refund` may be called any number of times with one key and happen once. Its own
 * ids of charges and refunds are like nobody else's. Every call throws OutcomeUnknown, NotExecuted or Misconfigured, see errors.ts.
 */
export type GatewayCalls = Readonly<{
  charge(charge: Charge): Promise<ChargeOutcome>;
  /**
   * What became of a charge whose answer was lost, from the gateway's list; undefined: it has none. The signal ends the search.
   * @throws Undecided when all that it has of the payment is over another amount.
   */
  find(charge: LostCharge, signal?: AbortSignal): Promise<ChargeOutcome | undefined>;
  /** Where a charge stands whose reference is known. */
  lookUp(reference: string, charged: Amount): Promise<ChargeOutcome>;
  /** The charge of a reference as the gateway's books have it; undefined: they do not. */
  charged(reference: string): Promise<ListedCharge | undefined>;
  /** Ends a charge that waits, unless it has succeeded meanwhile. */
  cancel(reference: string, charged: Amount): Promise<ChargeOutcome>;
  refund(refund: GiveBack): Promise<RefundOutcome>;
  /** Every refund of a charge, whoever made it. */
  refundsOf(chargeReference: string): Promise<readonly ListedRefund[]>;
  /** Every charge made between two moments, newest first. */
  list(since: Date, until: Date): AsyncIterable<ListedCharge>;
  /** Every refund made between two moments, newest first. */
  listRefunds(since: Date, until: Date): AsyncIterable<ListedRefund>;
  /**
   * Reads a webhook from its raw bytes: undefined when it is about nothing of ours. Without it the gateway tells nothing of its
   * own accord, or nothing by which it could be known.
   * @throws BadSignature when it does not come from the gateway, MalformedNotice when it does and cannot be read.
   */
  readWebhook?(body: string, headers: Headers): Promise<Notice | undefined>;
}>;

/** Whoever takes the money; or who stands in for them, and takes nobody's. */
export type PaymentGateway = GatewayRules & GatewayCalls & Readonly<{ outage: Outage; isStandIn?: boolean }>;

/** Which amounts can be charged, in minor units of the currency: whole steps, from the least to the most. */
export type AmountLimits = Readonly<{ stepMinor: number; leastMinor: number; mostMinor: number }>;

/** Whoever takes the money, by name: a payment belongs for ever to the one that its row names. */
export type PaymentGateways = Readonly<{
  /** The one that new payments are made for. */
  current: string;
  /** All that this deployment can speak to. */
  all: readonly PaymentGateway[];
  /** The one of this name. @throws NoSuchGateway when this deployment cannot speak to it. */
  named(name: string): PaymentGateway;
}>;

/** Whether the books have the charge over this amount, and all of it has come in where it has succeeded. */
export function isChargeOf({ amountMinor, currency, receivedMinor }: ListedCharge, asked: Amount): boolean {
  return (
    amountMinor === asked.amountMinor && currency === asked.currency && (receivedMinor ?? amountMinor) === amountMinor
  );
}

/** Whether a key that was first used then may not be used any more. */
export function isKeyStale({ keyLifeMs }: Pick<GatewayRules, 'keyLifeMs'>, firstUsedAt: Date, at: Date): boolean {
  return at.getTime() - firstUsedAt.getTime() >= keyLifeMs;
}

/** What becomes of a charge that the gateway has not, and cannot be asked for again: it has not happened and will not happen. */
export const neverTaken: ChargeOutcome = {
  status: 'failed',
  reference: null,
  code: 'not_charged',
  detail: 'The gateway never took the charge up.',
};
