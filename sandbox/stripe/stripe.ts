import { type Answer, type Answerer, lost, type Question } from '../answer.ts';
import type { Faults } from '../faults.ts';
import { limited, slowDown, underWeather } from '../weather.ts';
import { Books, Entry, eventsOf, type LedgerRow, type PaymentEvent, type PaymentIntent } from './books.ts';
import { createCallLimit } from './call-limit.ts';
import { decline, succeed } from './charge.ts';
import { createDashboard, type Dashboard } from './dashboard.ts';
import { createIdempotencyKeys, fingerprintOf, type IdempotencyKeys } from './idempotency.ts';
import { identifier } from './identifier.ts';
import { type Journal, openJournal } from './journal.ts';
import type { Outcome } from './payment-intents.ts';
import { execute, read } from './routes.ts';
import { Refusal, stripeError } from './stripe-error.ts';
import type { Webhooks } from './webhooks.ts';

/** The payment gateway, and what its control URL needs. */
export interface Stripe {
  readonly answer: Answerer;
  /** Every charge and refund ever taken that is on the disk, oldest first. */
  ledger(): Promise<readonly LedgerRow[]>;
  /** The intent of that id, if there is one. */
  intent(id: string): PaymentIntent | undefined;
  /** Completes the buyer's authentication; undefined when no such intent waits for it. */
  authenticate(id: string, isSuccess: boolean): Promise<PaymentIntent | undefined>;
  /** What people do in its dashboard, and what banks and time do. */
  readonly dashboard: Dashboard;
}

/** What the gateway is built from. */
export interface StripeParts {
  readonly path: string;
  readonly keepKeysMs: number;
  readonly perSecond: number;
  /** After how long a refund goes on that its card says more of. */
  readonly refundMs: number;
  /** Where the buyer confirms an intent. */
  readonly stepOf: (intent: string) => string;
  readonly faults: Faults;
  readonly webhooks: Webhooks | undefined;
}

/** Opens the gateway on the journal at `path` and sends the events an earlier process left behind. */
export async function openStripe(parts: StripeParts): Promise<Stripe> {
  const { faults, stepOf } = parts;
  // Keys and webhook signatures are between this gateway and the machine's clock.
  const nowMs = Date.now;
  const books = new Books();
  const journal = await openJournal(parts.path, (line) => books.apply(Entry.parse(line)));
  const keys = createIdempotencyKeys(books, parts.keepKeysMs, nowMs);
  const admits = createCallLimit(parts.perSecond);
  const commit = createCommit(books, journal, parts.webhooks);
  if (parts.webhooks) for (const event of books.undelivered.values()) void commit.deliver(event);
  const dashboard = createDashboard({ books, commit, faults, refundMs: parts.refundMs, nowMs });

  const post = async (question: Question, key: string | null): Promise<Answer> => {
    await slowDown(faults, 'stripe');
    const version = question.headers['stripe-version']?.toString() ?? '';
    const isDeclining = () => faults.strikes('stripe', 'decline') !== undefined;
    const { refundBeginsAs } = dashboard;
    const context = { idempotencyKey: key, nowMs: nowMs(), version, stepOf, isDeclining, refundBeginsAs };
    const outcome = execute(books, question, context);
    const spoilt = faults.strikes('stripe', 'error_after_charge');
    const failure = stripeError(500, 'api_error', 'An unknown error occurred.');
    const told = spoilt ? { ...failure, headers: { 'content-type': 'application/json; charset=utf-8' } } : undefined;
    const kept = told && spoilt?.stored ? told : outcome.answer;
    const record = key === null ? {} : { key: keyRecord(key, fingerprintOf(question), kept, nowMs()) };
    await commit.entry({ ...outcome.entry, ...record });
    await dashboard.follow(outcome.entry);
    return told ?? outcome.answer;
  };

  return {
    answer: (question) =>
      answerSafely(question, () =>
        admits(question.atMs) ? answer(question, { books, journal, faults, keys, post }) : limited.stripe,
      ),
    async ledger() {
      const rows = [...books.ledger];
      await journal.settled();
      return rows;
    },
    intent: (id) => books.intents.get(id),
    async authenticate(id, isSuccess) {
      const intent = books.intents.get(id);
      if (intent?.status !== 'requires_action') return undefined;
      const cause = { idempotencyKey: books.confirmedBy.get(id) ?? null, nowMs: nowMs() };
      const { entry }: Outcome = isSuccess ? succeed(intent, cause) : decline(intent, notAuthenticated, cause);
      await commit.entry(entry);
      return entry.intent;
    },
    dashboard,
  };
}

const notAuthenticated = {
  code: 'payment_intent_authentication_failure',
  message: 'The provided payment method has failed authentication.',
};

interface AnswerParts {
  readonly books: Books;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly keys: IdempotencyKeys;
  readonly post: (question: Question, key: string | null) => Promise<Answer>;
}

function answer(question: Question, { books, journal, faults, keys, post }: AnswerParts): Promise<Answer> {
  return underWeather(faults, 'stripe', async () => {
    if (question.method !== 'POST') {
      await slowDown(faults, 'stripe');
      const found = read(books, question);
      // What is shown must be on the disk, or a crash could take it back.
      await journal.settled();
      return found;
    }
    const key = question.headers['idempotency-key']?.toString() || null;
    const done =
      key === null
        ? await post(question, key)
        : (keys.replay(key, fingerprintOf(question)) ?? (await keys.using(key, () => post(question, key))));
    // Replays get lost too: it is the way back that is broken.
    return faults.strikes('stripe', 'lost_answer') ? lost('drop') : done;
  });
}

async function answerSafely(question: Question, run: () => Answer | Promise<Answer>): Promise<Answer> {
  const requestId = identifier('req');
  const echoed = ['idempotency-key', 'stripe-version'].flatMap((name) => {
    const value = question.headers[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const headers = { 'request-id': requestId, ...Object.fromEntries(echoed) };
  try {
    if (!/^(sk|rk)_/.test(question.apiKey ?? '')) throw noKey(question.apiKey);
    const found = await run();
    return { ...found, headers: { ...headers, ...found.headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...error.answer, headers: { ...headers, ...error.answer.headers } };
  }
}

function noKey(key: string | null): Refusal {
  const message = key === null ? 'You did not provide an API key.' : `Invalid API Key provided: ${key.slice(0, 4)}…`;
  return new Refusal(401, 'invalid_request_error', message);
}

function keyRecord(key: string, fingerprint: string, { status, body }: Answer, atMs: number): Entry['key'] {
  return { key, fingerprint, atMs, requestId: identifier('req'), status, body };
}

// Memory first and at once, so that no second request sees the old state; the answer waits for the disk.
function createCommit(books: Books, journal: Journal, webhooks: Webhooks | undefined) {
  const deliver = async (event: PaymentEvent) => {
    await webhooks?.deliver(event);
    const delivered: Entry = { delivered: event.id };
    books.apply(delivered);
    await journal.append(delivered);
  };
  return {
    deliver,
    async entry(happened: Entry): Promise<void> {
      // With nobody to tell, what there is to tell is not kept.
      const events = webhooks ? [...eventsOf(happened)] : [];
      const entry = { ...happened, event: undefined, events };
      books.apply(entry);
      await journal.append(entry);
      for (const event of events) void deliver(event);
    },
  };
}
