import { spanOfDays } from '../parts/moment.ts';

/** What orders can be narrowed by; empty where they are not. */
export const everyOrder = { q: '', status: '', user_id: '', currency: '', from: '', to: '', min: '', max: '' };

/** What is asked for, as it was typed. */
export type Narrowed = Readonly<typeof everyOrder>;

/** A new order, as it is announced. */
type Announced = Readonly<{ subject: string; time: string; data: Readonly<Record<string, unknown>> }>;
type Listed = readonly Readonly<{ user_id: number }>[];

// What an order is in days rather than moments after it was placed.
const lateStatuses: ReadonlySet<string> = new Set(['partially_refunded', 'refunded', 'cancelled']);

/** Whether a list that is narrowed so leaves a new order out, by what is announced of it and what has been listed. */
export function isLeftOut(asked: Narrowed, order: Announced, listed: Listed): boolean {
  const { q, status, user_id: user, currency, min, max } = asked;
  const { user_id: buyer, currency: paidIn, total_amount: total } = order.data;
  const span = spanOfDays(asked);
  const atMs = Date.parse(order.time);
  return (
    lateStatuses.has(status) ||
    (q !== '' && !isFound(q, order, listed)) ||
    (user !== '' && String(buyer) !== user) ||
    (currency !== '' && paidIn !== currency) ||
    // Of what is no time, neither is true.
    atMs < Date.parse(span.from) ||
    atMs > Date.parse(span.to) ||
    (min !== '' && Number(total) < Number(min)) ||
    (max !== '' && Number(total) > Number(max))
  );
}

// The API looks for no shorter beginning of an id.
const leastOfId = 8;

/** Whose e-mail it is, no announcement says: all that is listed by it is of one customer, and where nothing is, it may be anybody's. */
function isFound(q: string, { subject, data }: Announced, [first]: Listed): boolean {
  if (q.includes('@')) return first === undefined || first.user_id === data['user_id'];
  return q.length >= leastOfId && subject.startsWith(q.toLowerCase());
}
