import type { Target } from './answer.ts';

/** What a fault does, in a sentence, by its kind. */
const anywhere: Readonly<Record<string, string>> = {
  '429': 'Refuses calls as if there had been too many.',
  '5xx': 'Answers with an error of its own: it is away.',
  slow: 'Answers three seconds late.',
  hang: 'Takes the call and never answers.',
  malformed: 'Answers with JSON that breaks off.',
  html: 'Answers with a page of a proxy instead of data.',
  lost_answer: 'Does what it is asked, and breaks the connection before it answers.',
};
const ofTarget: Readonly<Record<Target, Readonly<Record<string, string>>>> = {
  finnhub: {
    zeros: 'Answers with prices of zero, as for a symbol that it does not know.',
    socket_refuse: 'Lets nobody follow trades.',
    socket_drop: 'Breaks the connections over which it tells trades.',
    socket_silence: 'Tells no trades any more, and answers no pings.',
    socket_quiet: 'Tells no trades any more, and goes on answering pings.',
    socket_duplicate: 'Tells every trade twice.',
    socket_disorder: 'Tells trades in another order.',
    socket_odd: 'Sends frames that nobody should send.',
  },
  stripe: {
    error_after_charge: 'Takes the money and answers with an error.',
    decline: 'Declines every card.',
    refund_pending: 'Leaves refunds pending.',
    refund_requires_action: 'Wants something of the buyer before it refunds.',
    refund_failed: 'Fails refunds.',
    webhook_duplicate: 'Tells every event twice.',
    webhook_delay: 'Tells events three seconds late.',
    webhook_reorder: 'Tells events in another order.',
    webhook_lost: 'Tells no events.',
  },
  products: {},
  rates: {},
};

/** The sentence of each kind of fault that a target knows. */
export function wordsOf(target: Target, kinds: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(kinds.map((kind) => [kind, ofTarget[target][kind] ?? anywhere[kind] ?? '']));
}

/** A stop of the tour: a fault, what to do meanwhile, and where on the live page one sees what comes of it. */
export type Stop = Readonly<{ target: Target; kind: string; words: string; path: string; place: string }>;

/** Five faults in turn, from the harmless to what the product is for. */
export const tour: readonly Stop[] = [
  {
    target: 'finnhub',
    kind: '5xx',
    words: 'The provider of prices is away: what is stored is still shown, and says how old it is.',
    path: '/app/market',
    place: 'Market',
  },
  {
    target: 'finnhub',
    kind: '429',
    words: 'It refuses calls: its queue rests, and says why and until when; no attempt is spent.',
    path: '/app/operations',
    place: 'Operations',
  },
  {
    target: 'stripe',
    kind: 'decline',
    words: 'Cards are declined: place an order, and pay it again with another card afterwards.',
    path: '/app/shop',
    place: 'Shop',
  },
  {
    target: 'stripe',
    kind: 'lost_answer',
    words: 'Charges are made and their answers lost: an order is charged once all the same. Compare the ledger above.',
    path: '/app/orders',
    place: 'Orders',
  },
  {
    target: 'stripe',
    kind: '5xx',
    words:
      'The gateway is away: orders are taken and wait, its breaker opens, and all of them are charged after the end.',
    path: '/app/operations',
    place: 'Operations',
  },
];
