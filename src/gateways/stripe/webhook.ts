import Stripe from 'stripe';
import { z } from 'zod';
import { BadSignature, MalformedNotice } from '../../errors.ts';
import type { Notice } from '../payments/payment-gateway.ts';
import { toldAmount } from './amounts.ts';
import { isDecided, listedCharge, StripeIntent, listedRefund, StripeRefund } from './objects.ts';

// How old a signature may be: the gateway signs each delivery anew.
const toleranceSeconds = 300;
// What the library throws at instead of refusing it: letters that are longer as bytes, and a signature without a text.
const unreadable = /[^\x20-\x7e]|(?:^|,)v1(?:=?(?:,|$)|==)/;

const Event = z.object({
  id: z.string().min(1).max(255),
  type: z.string().max(100),
  created: z.int().nonnegative().max(1e11).optional(),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
});
type Event = Readonly<z.output<typeof Event>>;

const Reference = z.union([z.string(), z.object({ id: z.string() })]).nullish();
const StripeCharge = z.object({
  payment_intent: Reference,
  // Newer versions of the API leave the list out; none holds more than the latest ten.
  refunds: z.object({ data: z.array(StripeRefund), has_more: z.boolean().optional() }).nullish(),
});
const StripeDispute = z.object({
  id: z.string().min(1).max(255),
  status: z.string().max(30),
  reason: z.string().max(100).nullish(),
  amount: z.int().nonnegative(),
  currency: z.string().max(10),
  payment_intent: Reference,
});

/**
 * Reads an event that any of the secrets has signed. Undefined: it is about nothing that could be ours.
 * @throws BadSignature when no secret fits, or the signature is older than five minutes; MalformedNotice.
 */
export function readStripeWebhook(
  stripe: Stripe,
  secrets: readonly string[],
  body: string,
  signature: string,
): Notice | undefined {
  const event = parsed(Event, verified(stripe, secrets, body, signature));
  return readers.get(event.type)?.(event);
}

const readers: ReadonlyMap<string, (event: Event) => Notice | undefined> = new Map([
  ['payment_intent.succeeded', aboutCharge],
  ['payment_intent.payment_failed', aboutCharge],
  ['payment_intent.canceled', aboutCharge],
  ['payment_intent.requires_action', aboutCharge],
  ['refund.created', aboutRefund],
  ['refund.updated', aboutRefund],
  ['refund.failed', aboutRefund],
  ['charge.refund.updated', aboutRefund],
  ['charge.refunded', aboutRefunds],
  ['charge.dispute.created', aboutDispute],
  ['charge.dispute.updated', aboutDispute],
  ['charge.dispute.closed', aboutDispute],
  ['charge.dispute.funds_withdrawn', aboutDispute],
  ['charge.dispute.funds_reinstated', aboutDispute],
]);

function aboutCharge(event: Event): Notice {
  const intent = parsed(StripeIntent, event.data.object, ['data', 'object']);
  return { ...heading(event), about: 'charge', charge: listedCharge(intent), isDecided: isDecided(intent) };
}

function aboutRefund(event: Event): Notice | undefined {
  const refund = listedRefund(parsed(StripeRefund, event.data.object, ['data', 'object']));
  const { chargeReference } = refund;
  if (chargeReference === undefined) return undefined;
  return { ...heading(event), about: 'refunds', chargeReference, refunds: [refund], isWhole: true };
}

function aboutRefunds(event: Event): Notice | undefined {
  const { payment_intent: charge, refunds } = parsed(StripeCharge, event.data.object, ['data', 'object']);
  const chargeReference = idOf(charge);
  if (chargeReference === undefined) return undefined;
  const listed = (refunds?.data ?? []).map((refund) => ({ ...listedRefund(refund), chargeReference }));
  const isWhole = listed.length > 0 && refunds?.has_more !== true;
  return { ...heading(event), about: 'refunds', chargeReference, refunds: listed, isWhole };
}

function aboutDispute(event: Event): Notice {
  const told = parsed(StripeDispute, event.data.object, ['data', 'object']);
  const { id: reference, status, reason, payment_intent: charge } = told;
  const { amountMinor, currency } = toldAmount(told);
  const dispute = {
    reference,
    chargeReference: idOf(charge),
    status,
    reason: reason ?? undefined,
    // For people to read: nothing is reckoned with it.
    amountMinor: Math.round(amountMinor),
    currency,
    happened: event.type.replace('charge.dispute.', ''),
    toldAt: new Date((event.created ?? 0) * 1_000),
  };
  return { ...heading(event), about: 'dispute', dispute };
}

function heading({ id: eventId, type, created }: Event) {
  return { type, eventId, happenedAt: created === undefined ? undefined : new Date(created * 1_000) };
}

function idOf(reference: z.output<typeof Reference>): string | undefined {
  return typeof reference === 'string' ? reference : reference?.id;
}

/** @throws MalformedNotice, which names the place in the whole body: `at` is where the value stands in it. */
function parsed<T>(schema: z.ZodType<T>, value: unknown, at: readonly string[] = []): T {
  const { data, error } = schema.safeParse(value);
  if (error) throw new MalformedNotice([...at, ...(error.issues[0]?.path ?? [])].join('.'), { cause: error });
  return data;
}

function verified(stripe: Stripe, secrets: readonly string[], body: string, signature: string): unknown {
  if (unreadable.test(signature)) throw new BadSignature('the header holds no signature');
  let cause: unknown;
  for (const secret of secrets)
    try {
      return stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError))
        throw new MalformedNotice('', { cause: error });
      cause = error;
    }
  throw new BadSignature('no webhook secret fits the signature', { cause });
}
