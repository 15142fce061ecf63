import { announcedInOrder, toldInOrder } from './event-order.ts';
import type { Evidence, Fault } from './evidence.ts';
import { isMoveAllowed } from './moves.ts';

type Invariant = Readonly<{ id: string; says: string; faults(evidence: Evidence): readonly Fault[] }>;

/** An order may need so long once nothing disturbs it any more. */
const quietEnough = 30;
/** What is held afterwards may differ by so much from what was held before. */
const mostGrowth = 1.1;

const settled = new Set(['paid', 'payment_failed', 'cancelled', 'partially_refunded', 'refunded']);
const chargedStates = new Set(['paid', 'partially_refunded', 'refunded']);

const duplicatesOf = <T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] =>
  [...Map.groupBy(items, keyOf)].filter(([, some]) => some.length > 1);
const chargesOf = ({ ledger }: Evidence) => ledger.filter(({ type }) => type === 'charge');
const okOf = ({ asked }: Evidence) => asked.filter(({ status }) => status === 201);

/** What must be so when a run is over, each with what shows that it is not. */
export const invariants: readonly Invariant[] = [
  {
    id: 'I1',
    says: 'An order that was answered 201 is there.',
    faults(evidence) {
      const stored = new Set(evidence.orders.map(({ id }) => id));
      const lost = new Set(okOf(evidence).flatMap(({ order }) => (stored.has(order ?? '') ? [] : [order])));
      return [...lost].map((order) => ({ what: 'answered 201, and not there', order }));
    },
  },
  {
    id: 'I2',
    says: 'An order is charged once at the most.',
    faults: (evidence) =>
      duplicatesOf(chargesOf(evidence), ({ order }) => String(order)).map(([order, some]) => ({
        what: `charged ${some.length} times`,
        order,
      })),
  },
  {
    id: 'I3',
    says: 'Paid is what was charged, at its own price in its own currency; nothing else was charged.',
    faults: chargedOtherwise,
  },
  {
    id: 'I4',
    says: 'In every currency the charges come to the totals of what is paid.',
    faults(evidence) {
      const charged = sums(chargesOf(evidence).map(({ currency, amount }) => ({ currency, amount })));
      const paid = evidence.orders.filter(({ status }) => chargedStates.has(status));
      const due = sums(paid.map(({ currency, totalMinor }) => ({ currency, amount: totalMinor })));
      const currencies = [...new Set([...charged.keys(), ...due.keys()])];
      const wrong = currencies.filter((currency) => charged.get(currency) !== due.get(currency));
      return wrong.map((currency) => ({
        what: `${currency}: charged ${charged.get(currency) ?? 0}, paid ${due.get(currency) ?? 0}`,
      }));
    },
  },
  {
    id: 'I5',
    says: 'An intention has one order, whoever repeats it, and is told it in the same bytes; an order is somebody’s.',
    faults: otherThanOnePerKey,
  },
  {
    id: 'I6',
    says: `Nothing is under way ${quietEnough} s after the last fault.`,
    faults: ({ orders, quietSeconds }) =>
      quietSeconds < quietEnough
        ? orders.filter(({ status }) => !settled.has(status)).length > 0
          ? [{ what: `looked at after ${quietSeconds} s, and not all is over` }]
          : []
        : orders.filter(({ status }) => !settled.has(status)).map(({ id, status }) => ({ what: status, order: id })),
  },
  {
    id: 'I7',
    says: 'A status changes as it may, from where it was; the last change is where it stands.',
    faults: movedOtherwise,
  },
  {
    id: 'I8',
    says: 'Events of an order are numbered from 1 without holes, announced in that order, and told to every endpoint.',
    faults: (evidence) => [...announcedInOrder(evidence), ...toldInOrder(evidence)],
  },
  {
    id: 'I9',
    says: `Nothing waits in MySQL for longer than ${quietEnough} s to be sent, settled or numbered.`,
    faults: ({ waiting }) =>
      waiting
        .filter(({ seconds }) => seconds > quietEnough)
        .map(({ what, order, seconds }) => ({ what: `${what} for ${Math.round(seconds)} s`, order })),
  },
  {
    id: 'I10',
    says: 'Every answer is one that the description names, with the fields that it names; none is 500.',
    faults: ({ asked, described }) =>
      asked
        .filter(({ status }) => status !== 0)
        .flatMap(({ status, fields, order, key }) => {
          const named = described[String(status)];
          const has = new Set(fields.split(' '));
          const missing =
            status === 500 ? ['a reason'] : (named?.filter((field) => !has.has(field)) ?? ['a description']);
          return missing.map((field) => ({ what: `${status} to ${key} without ${field}`, order }));
        }),
  },
  {
    id: 'I11',
    says: 'No process ends but by the plan, and none leaves a promise unheard.',
    faults: ({ processes }) =>
      processes.flatMap(({ role, exit, isOurDoing, output }) => [
        ...(exit !== null && !isOurDoing ? [{ what: `${role} ended by itself: ${exit}` }] : []),
        ...Array.from(
          output.matchAll(/^.*(a promise failed unheard|unhandledRejection|uncaughtException).*$/gim),
          ([line]) => ({
            what: `${role}: ${line.slice(0, 300)}`,
          }),
        ),
      ]),
  },
  {
    id: 'I12',
    says: 'Memory and connections are back where they were, within a tenth.',
    faults: ({ held }) =>
      held
        .filter(({ before, after }) => after > before * mostGrowth)
        .map(({ what, before, after }) => ({ what: `${what}: ${before} before, ${after} after` })),
  },
  {
    id: 'I13',
    says: 'No secret stands in what a process writes.',
    faults: ({ processes, canaries }) =>
      processes
        .filter(({ output }) => canaries.some((canary) => output.includes(canary)))
        .map(({ role }) => ({ what: `${role} has written a secret` })),
  },
  {
    id: 'I14',
    says: 'No window of a provider’s plan has more calls than it allows.',
    faults: ({ calls: { atMs, windows } }) =>
      windows.flatMap(({ ms, most }) => {
        const sorted = atMs.toSorted((a, b) => a - b);
        const busiest = Math.max(
          0,
          ...sorted.map((from, index) => sorted.slice(index).filter((at) => at < from + ms).length),
        );
        return busiest > most ? [{ what: `${busiest} calls in ${ms} ms` }] : [];
      }),
  },
];

/** Everything that is not as it must be, by invariant. */
export function judge(evidence: Evidence): readonly (Fault & Readonly<{ invariant: string }>)[] {
  return invariants.flatMap(({ id, faults }) => faults(evidence).map((fault) => ({ invariant: id, ...fault })));
}

function chargedOtherwise(evidence: Evidence): Fault[] {
  const byOrder = Map.groupBy(chargesOf(evidence), ({ order }) => String(order));
  const stored = new Map(evidence.orders.map((order) => [order.id, order]));
  const nobodys = [...byOrder.keys()].filter((order) => !stored.has(order));
  const wrong = evidence.orders.flatMap(({ id, status, totalMinor, currency }) => {
    const [charge] = byOrder.get(id) ?? [];
    if (!chargedStates.has(status)) return charge ? [{ what: `${status}, and charged`, order: id }] : [];
    if (!charge) return [{ what: `${status}, and never charged`, order: id }];
    const said = `${charge.amount} ${charge.currency.toUpperCase()}`;
    const due = `${totalMinor} ${currency.toUpperCase()}`;
    return said === due ? [] : [{ what: `charged ${said}, not ${due}`, order: id }];
  });
  return [...nobodys.map((order) => ({ what: 'charged, and nobody’s', order })), ...wrong];
}

function otherThanOnePerKey(evidence: Evidence): Fault[] {
  const answers = [...Map.groupBy(okOf(evidence), ({ key }) => key)].flatMap(([key, some]) => {
    const distinct = new Set(some.map(({ order, answer }) => `${order} ${answer}`));
    return distinct.size > 1 ? [{ what: `${distinct.size} answers to ${key}`, order: some[0]?.order ?? null }] : [];
  });
  const known = new Set(evidence.asked.map(({ key }) => key));
  const ofKey = new Map(evidence.keys.map(({ key, order }) => [order, key]));
  const strangers = evidence.orders
    .filter(({ id }) => !known.has(ofKey.get(id) ?? ''))
    .map(({ id }) => ({ what: 'there, and nobody asked for it', order: id }));
  const twice = duplicatesOf(evidence.keys, ({ key }) => key).map(([key, some]) => ({
    what: `${some.length} orders of ${key}`,
    order: some[1]?.order ?? null,
  }));
  return [...answers, ...strangers, ...twice];
}

function movedOtherwise({ moves, orders, payments }: Evidence): Fault[] {
  const stands = new Map([...orders, ...payments].map(({ id, status }) => [id, status]));
  return [...Map.groupBy(moves, ({ subjectId }) => subjectId)].flatMap(([id, some]) => {
    const order = some[0]?.order ?? null;
    const wrong = some.filter(
      ({ subject, from, to }, index) => from !== (some[index - 1]?.to ?? null) || !isMoveAllowed(subject, from, to),
    );
    const last = some.at(-1);
    const where = stands.get(id);
    return [
      ...wrong.map(({ subject, from, to }) => ({ what: `${subject} ${from} > ${to}`, order })),
      ...(where !== undefined && last && where !== last.to
        ? [{ what: `${where}, but moved to ${last.to}`, order }]
        : []),
    ];
  });
}

function sums(amounts: readonly Readonly<{ currency: string; amount: number }>[]): ReadonlyMap<string, number> {
  const byCurrency = Map.groupBy(amounts, ({ currency }) => currency.toUpperCase());
  return new Map(
    [...byCurrency].map(([currency, some]) => [currency, some.reduce((sum, { amount }) => sum + amount, 0)]),
  );
}
