import Stripe from 'stripe';
import { Misconfigured, NotExecuted, OutcomeUnknown, Undecided } from '../../errors.ts';
import type {
  Amount,
  Charge,
  ChargeOutcome,
  GatewayCalls,
  GiveBack,
  ListedRefund,
  LostCharge,
} from '../payments/payment-gateway.ts';
import type { Pace } from '../http/pace.ts';
import { stripeAmount, toldAmount } from './amounts.ts';
import { connect, under } from './connect.ts';
import { isRefused, type Refusal, stripeFailure, stripeRefusal } from './errors.ts';
import { intentOutcome, listedCharge, listedRefund, refundOutcome } from './objects.ts';
import { readStripeWebhook } from './webhook.ts';

const usualTimeoutMs = 10_000;
// Clocks differ; the gateway's is the one that stamps intents.
const clockSlackSeconds = 300;
// Of the time in which one charge was asked for; where there are more, the daily comparison goes through all of them.
const mostAround = 10_000;
// Of a time long ago, of which Stripe's search tells as well: it is behind by an hour at the most, and not everywhere to be had.
const mostBeforeSearch = 1_000;
// Of the days that are compared, whose job has its own time as well.
const mostListed = 1_000_000;

/** Opens Stripe with the official package; of several keys (rotation) the first is used, of webhook secrets any. */
export function openStripe({
  keys,
  webhookSecrets,
  base,
  pace,
  timeoutMs = usualTimeoutMs,
}: Readonly<{
  keys: readonly string[];
  webhookSecrets: readonly string[];
  base: string;
  /** Every request waits for its turn in it, each page of a list and each look-up as well. */
  pace?: Pace | undefined;
  /** How long an answer may take to begin, and how long its rest may take once it has begun. */
  timeoutMs?: number;
}>): GatewayCalls {
  const stripe = connect(keys[0] ?? '', base, { pace, timeoutMs });
  const { paymentIntents, refunds } = stripe;
  return {
    charge: (charge) => asking(async () => intentOutcome(refuseOtherAmount(charge, await create(stripe, charge)))),
    find: (lost, signal) => listening(() => find(stripe, lost, signal)),
    lookUp: (reference, charged) =>
      listening(async () => intentOutcome(refuseOtherAmount(charged, await paymentIntents.retrieve(reference)))),
    charged: (reference) =>
      listening(async () => {
        const intent = await paymentIntents.retrieve(reference).catch(nothing);
        return intent && listedCharge(intent);
      }),
    cancel: (reference, charged) =>
      listening(async () =>
        intentOutcome(refuseOtherAmount(charged, await paymentIntents.cancel(reference).catch(intentOfRefusal))),
      ),
    refund: (given) => asking(async () => refundOutcome(refuseOtherAmount(given, await giveBack(stripe, given)))),
    refundsOf: (reference) =>
      listening(async () => {
        const found: ListedRefund[] = [];
        for await (const refund of refunds.list({ payment_intent: reference, limit: 100 }))
          found.push(listedRefund(refund));
        return found;
      }),
    async *list(since, until) {
      for await (const intent of listing(stripe.paymentIntents, since, until)) yield listedCharge(intent);
    },
    async *listRefunds(since, until) {
      for await (const refund of listing(refunds, since, until)) yield listedRefund(refund);
    },
    readWebhook: async (body, headers) =>
      readStripeWebhook(stripe, webhookSecrets, body, headers.get('stripe-signature') ?? ''),
  };
}

function create(stripe: Stripe, { key, orderId, paymentId, amountMinor, currency, method }: Charge) {
  return stripe.paymentIntents.create(
    {
      amount: stripeAmount(amountMinor, currency),
      currency: currency.toLowerCase(),
      payment_method: method,
      confirm: true,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      metadata: { order_id: orderId, payment_id: paymentId },
    },
    { idempotencyKey: key },
  );
}

function giveBack(stripe: Stripe, { key, refundId, reference, amountMinor, currency }: GiveBack) {
  const metadata = { refund_id: refundId };
  const asked = { payment_intent: reference, amount: stripeAmount(amountMinor, currency), metadata };
  return stripe.refunds.create(asked, { idempotencyKey: key });
}

/**
 * The id in the metadata could be anybody's doing; what was asked for has its amount as well.
 * @throws Undecided when only intents over another amount bear the id: money may have moved, so that the charge is not one that never was.
 */
async function find(stripe: Stripe, lost: LostCharge, signal?: AbortSignal): Promise<ChargeOutcome | undefined> {
  let other: Stripe.PaymentIntent | undefined;
  for await (const intent of candidates(stripe, lost)) {
    if (listedCharge(intent).paymentId === lost.paymentId) {
      if (isOfAmount(intent, lost)) return intentOutcome(intent);
      other = intent;
    }
    signal?.throwIfAborted();
  }
  if (other) throw otherAmount(other);
  return undefined;
}

/** Where a lost charge may be: where somebody says it is, and in the list of its time; of long ago in the search where that is too long. */
async function* candidates({ paymentIntents }: Stripe, lost: LostCharge): AsyncGenerator<Stripe.PaymentIntent> {
  const { paymentId, toldReference, firstAskedAt, lastAskedAt, isLongAgo = false } = lost;
  const told = toldReference ? await paymentIntents.retrieve(toldReference).catch(nothing) : undefined;
  if (told) yield told;
  try {
    yield* listing(paymentIntents, firstAskedAt, lastAskedAt, isLongAgo ? mostBeforeSearch : mostAround);
  } catch (error) {
    if (!isLongAgo || !(error instanceof TooManyListed)) throw error;
    yield* paymentIntents.search({ query: `metadata['payment_id']:'${paymentId}'`, limit: 100 });
  }
}

/** There may be more than was gone through: what was not seen must not count as not there. */
class TooManyListed extends Undecided {}

/** What Stripe tells of. @throws Undecided, for the daily comparison to tell people, when it is over anything but what was asked for. */
function refuseOtherAmount<T extends Told>(asked: Amount, told: T): T {
  if (isOfAmount(told, asked)) return told;
  throw otherAmount(told);
}

function otherAmount({ id }: Told): Undecided {
  return new Undecided(`Stripe has ${id} over another amount than was asked for`);
}

type Told = Readonly<{ id: string; amount: number; currency: string }>;

function isOfAmount(told: Told, { amountMinor, currency }: Amount): boolean {
  const amount = toldAmount(told);
  return amount.amountMinor === amountMinor && amount.currency === currency;
}

function nothing(error: unknown): undefined {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404)) throw error;
}

type Listed<T> = Readonly<{
  list(asked: { created: { gte: number; lte: number }; limit: number }): AsyncIterable<T>;
}>;

/** @throws Undecided rather than end early: what was not seen must not count as not there, and the gateway has answered. */
async function* listing<T>(books: Listed<T>, since: Date, until: Date, most = mostListed): AsyncGenerator<T> {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1_000);
  const created = { gte: seconds(since) - clockSlackSeconds, lte: seconds(until) + clockSlackSeconds };
  let seen = 0;
  for await (const row of books.list({ created, limit: 100 })) {
    seen += 1;
    if (seen > most) throw new TooManyListed(`Stripe lists more than ${most} objects of the time in question`);
    yield row;
  }
}

/** An intent that cannot be canceled comes with its refusal, and says why itself. */
function intentOfRefusal(error: unknown): Stripe.PaymentIntent {
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.payment_intent) return error.payment_intent;
  throw error;
}

/** Asks for money to move: a refusal is an outcome, every other error is one of errors.ts. */
async function asking<T>(call: () => Promise<T>): Promise<T | Refusal> {
  const requests = { isAnyLost: false };
  try {
    return await under.run(requests, call);
  } catch (error) {
    const refusal = stripeRefusal(error);
    if (refusal) return refusal;
    const failure = stripeFailure(error);
    const saysNothingHappened = failure instanceof NotExecuted || failure instanceof Misconfigured;
    // That is said of the last request: what the one before has done, nobody has heard.
    if (requests.isAnyLost && saysNothingHappened) throw new OutcomeUnknown('Stripe did not answer', { cause: error });
    throw failure;
  }
}

/** Asks what has happened. Being refused an answer tells nothing about it, and is no silence: as Undecided it opens no breaker. */
async function listening<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isRefused(error)) throw new Undecided(`Stripe does not tell: ${error.message}`, { cause: error });
    throw stripeFailure(error);
  }
}
