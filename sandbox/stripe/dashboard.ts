import type { Faults } from '../faults.ts';
import type { Books, Dispute, Entry, Refund, RefundStatus } from './books.ts';
import { closeDispute, openDispute } from './disputes.ts';
import { readForm } from './form.ts';
import { cardOutcome, refundCourse } from './payment-methods.ts';
import { createRefund, moveRefund, refundParameters } from './refunds.ts';

/** What people do at the gateway itself, and what banks and time do to refunds and charges. */
export interface Dashboard {
  /** Gives money back; of the last charge unless one is named. @throws Refusal */
  refund(given: Readonly<{ payment_intent?: string | undefined; amount?: number | undefined }>): Promise<Refund>;
  /** Moves a refund on; undefined when it cannot go there. */
  moveRefund(id: string, status: RefundStatus): Promise<Refund | undefined>;
  /** The bank takes a charge back, the last one unless one is named; undefined when there is none. */
  dispute(paymentIntent?: string): Promise<Dispute | undefined>;
  /** The bank decides; undefined when it has nothing to decide. */
  closeDispute(id: string, outcome: 'won' | 'lost'): Promise<Dispute | undefined>;
  /** The ids of refunds and disputes that are not over. */
  undecided(): Readonly<{ refunds: readonly string[]; disputes: readonly string[] }>;
  /** As what a refund begins while a fault is on. */
  readonly refundBeginsAs: () => RefundStatus | undefined;
  /** Lets what has just happened go on as its card says. */
  follow(entry: Entry): Promise<void>;
}

/** What the dashboard works on. */
export interface DashboardParts {
  readonly books: Books;
  readonly commit: { entry(entry: Entry): Promise<void> };
  readonly faults: Faults;
  /** After how long a refund goes on that its card says more of. */
  readonly refundMs: number;
  readonly nowMs: () => number;
}

const beginnings = [
  ['refund_pending', 'pending'],
  ['refund_requires_action', 'requires_action'],
  ['refund_failed', 'failed'],
] as const;

/** Opens the dashboard; refunds that an earlier process left on their way go on. */
export function createDashboard({ books, commit, faults, refundMs, nowMs }: DashboardParts): Dashboard {
  const committed = async <E extends Entry>(entry: E | undefined): Promise<E | undefined> => {
    if (entry) await commit.entry(entry);
    return entry;
  };
  const move = async (id: string, status: RefundStatus) =>
    (await committed(moveRefund(books, id, status, nowMs())))?.refund;
  const followRefund = ({ id, status, payment_intent }: Refund) => {
    const course = refundCourse(books.intents.get(payment_intent)?.payment_method ?? null);
    if (course?.first === status) setTimeout(() => void move(id, course.later), refundMs).unref();
  };
  for (const refund of books.refunds.values()) followRefund(refund);
  const refundBeginsAs = () => beginnings.find(([kind]) => faults.strikes('stripe', kind))?.[1];
  const lastCharge = () => books.ledger.findLast(({ type }) => type === 'charge')?.payment_intent ?? 'none';
  const dispute = async (paymentIntent = lastCharge()) =>
    (await committed(openDispute(books, paymentIntent, nowMs())))?.dispute;
  return {
    async refund({ payment_intent = lastCharge(), amount }) {
      const asked = amount === undefined ? { payment_intent } : { payment_intent, amount: String(amount) };
      const form = readForm(new URLSearchParams(asked), refundParameters);
      const { entry } = createRefund(books, form, { idempotencyKey: null, nowMs: nowMs(), refundBeginsAs });
      await commit.entry(entry);
      followRefund(entry.refund);
      return entry.refund;
    },
    moveRefund: move,
    dispute,
    closeDispute: async (id, outcome) => (await committed(closeDispute(books, id, outcome, nowMs())))?.dispute,
    undecided() {
      const isWaiting = ({ status }: Refund) => status === 'pending' || status === 'requires_action';
      const refunds = [...books.refunds.values()].filter(isWaiting);
      const disputes = [...books.disputes.values()].filter(({ status }) => status === 'needs_response');
      return { refunds: refunds.map(({ id }) => id), disputes: disputes.map(({ id }) => id) };
    },
    refundBeginsAs,
    async follow({ refund, intent }) {
      if (refund) followRefund(refund);
      if (intent?.status === 'succeeded' && isDisputed(intent.payment_method)) await dispute(intent.id);
    },
  };
}

function isDisputed(paymentMethod: string | null): boolean {
  const outcome = paymentMethod === null ? undefined : cardOutcome(paymentMethod);
  return outcome?.says === 'yes' && outcome.isDisputed === true;
}
