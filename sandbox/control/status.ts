import { type Target, targets } from '../answer.ts';
import { busiest } from '../arrivals.ts';
import { tour, wordsOf } from '../fault-words.ts';
import { faultKinds } from '../faults.ts';
import { written } from '../stripe/amounts.ts';
import type { ControlParts } from './control.ts';

const RECENT = 15;
const RECENT_MAILS = 5;

/** What the page shows: switches, faults, the last arrivals, how busy each upstream is, and the sums of the ledger. */
export async function statusOf({ arrivals, faults, holds, mailbox, stripe, windowMs, page }: ControlParts) {
  const ledger = await stripe.ledger();
  const sums = new Map<
    string,
    { currency: string; charges: number; refunds: number; charged: number; refunded: number }
  >();
  for (const { type, amount, currency } of ledger) {
    const sum = sums.get(currency) ?? { currency, charges: 0, refunds: 0, charged: 0, refunded: 0 };
    sums.set(currency, sum);
    if (type === 'charge') Object.assign(sum, { charges: sum.charges + 1, charged: sum.charged + amount });
    // A refund that failed after all stands there once more, as less than nothing.
    else Object.assign(sum, { refunds: sum.refunds + Math.sign(amount), refunded: sum.refunded + amount });
  }
  const upstream = (target: Target) => {
    const all = arrivals.of(target);
    const lately = all.slice(-5000);
    return {
      target,
      kinds: faultKinds[target],
      words: wordsOf(target, faultKinds[target]),
      arrivals: all.length,
      limited: all.filter(({ status }) => status === 429).length,
      busiest_window: busiest(lately, windowMs),
      busiest_second: busiest(lately, 1000),
      last: all.slice(-RECENT).map(({ at_ms, method, path, status }) => ({ at_ms, method, path, status })),
    };
  };
  return {
    upstreams: targets.map(upstream),
    faults: faults.active(),
    held: holds.held(),
    mails: mailbox.list().slice(-RECENT_MAILS),
    undecided: stripe.dashboard.undecided(),
    ledger: [...sums.values()].map(({ currency, charges, refunds, charged, refunded }) => ({
      charges,
      refunds,
      charged: written(charged, currency),
      refunded: written(refunded, currency),
    })),
    window_ms: windowMs,
    tour,
    page,
  };
}
