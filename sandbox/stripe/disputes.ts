import type { Books, Dispute, Entry } from './books.ts';
import { identifier } from './identifier.ts';
import { paymentEvent } from './payment-event.ts';

/** The buyer's bank takes a payment back until it is decided; undefined when the intent has taken no money. */
export function openDispute(
  books: Books,
  paymentIntent: string,
  nowMs: number,
): (Entry & { dispute: Dispute }) | undefined {
  const intent = books.intents.get(paymentIntent);
  if (intent?.status !== 'succeeded') return undefined;
  const dispute: Dispute = {
    id: identifier('dp'),
    object: 'dispute',
    amount: intent.amount_received,
    charge: intent.latest_charge,
    created: Math.floor(nowMs / 1000),
    currency: intent.currency,
    metadata: {},
    payment_intent: intent.id,
    reason: 'fraudulent',
    status: 'needs_response',
  };
  return { dispute, events: told(dispute, ['created', 'funds_withdrawn'], nowMs) };
}

/** The bank decides; what was won is paid back. Undefined when it has decided already. */
export function closeDispute(
  books: Books,
  id: string,
  outcome: 'won' | 'lost',
  nowMs: number,
): (Entry & { dispute: Dispute }) | undefined {
  const open = books.disputes.get(id);
  if (open?.status !== 'needs_response') return undefined;
  const dispute: Dispute = { ...open, status: outcome };
  return { dispute, events: told(dispute, ['closed', ...(outcome === 'won' ? ['funds_reinstated'] : [])], nowMs) };
}

function told(dispute: Dispute, steps: readonly string[], nowMs: number) {
  const cause = { idempotencyKey: null, nowMs };
  return steps.map((step) => paymentEvent(`charge.dispute.${step}`, dispute, cause));
}
