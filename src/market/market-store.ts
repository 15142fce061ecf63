import type { EntityManager } from '@mikro-orm/mysql';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { type Batch, type Member, openBatch } from '../outbox/batch.ts';
import type { Transaction } from '../outbox/transaction.ts';
import type { Facts, Observation } from './copy.ts';
import { type Ask, type MarketData, subjectOf } from './market-data.ts';

/** A span of time, both ends included. */
export type TimeSpan = Readonly<{ from: Date; to: Date }>;

/** Which observations of a span: at most `limit`, after the one of this moment and id. */
export type HistoryPage = Readonly<{ after: Readonly<{ at: Date; rank: string }> | undefined; limit: number }>;

/** An observation in a history, with its place. */
export type PastObservation = Readonly<{ at: Date; rank: string; facts: Facts }>;

/** When something was observed, from whom, and by which job: a second run of the job changes nothing. */
export type Seen = Readonly<{ jobId: string; observedAt: Date; source: string }>;

/** What the provider has said to a question, and when it was observed. */
export type Saying<A, Said> = Readonly<{ ask: A; said: Said; seen: Seen }>;

/** What has become of an observation: how it is answered from now on, what there is to announce, and how many parts are new. */
export type Written = Readonly<{ seen: Observation; told?: Facts; published?: number }>;

/** Rows that are deleted when they are old: a series in time for each name, by the columns of its index. */
export type Pruned = Readonly<{
  table: string;
  name: string;
  moment: string;
  /** What the column of a row that is too old is less than. */
  before(limit: Date): Date | number | string;
  /** The last row stays however old it is: it is the copy that people get when the provider is away. */
  staysLast: boolean;
  /** Other than market data are kept for. */
  keptDays?: number;
}>;

/** How one kind of market data is kept in MySQL. */
export type MarketStore<A, Said> = Readonly<{
  /** The last good observation, as it stands at this moment. */
  last(em: EntityManager, ask: A, at: Date): Promise<Observation | undefined>;
  /** Writes what has been said, and tells what has become of each, in this order. */
  write(tx: EntityManager, sayings: readonly Saying<A, Said>[]): Promise<readonly Written[]>;
  /** Observations of a span, oldest first, for what has a history. */
  history?(em: EntityManager, ask: A, span: TimeSpan, page: HistoryPage): Promise<PastObservation[]>;
  pruned: readonly Pruned[];
}>;

/** Writes what takes its own statements each. */
export async function oneByOne<One>(
  sayings: readonly One[],
  write: (saying: One) => Promise<Written>,
): Promise<readonly Written[]> {
  const written: Written[] = [];
  for (const saying of sayings) written.push(await write(saying));
  return written;
}

/** What has been said, and what it is. */
export type ToStore = Saying<Ask, unknown> & Readonly<{ data: MarketData }>;

type Store = MarketData['store'];

/**
 * Opens the way on which what fetches of one kind bring at this moment is stored together and announced, each told once that has
 * committed. Kinds do not wait for each other: a statement that hangs on the table of one ends nobody else's. A thousand articles, or
 * one list that is longer, are as much as a transaction takes: nobody waits for more.
 */
export function openStore(transaction: Transaction): Batch<ToStore, Written> {
  const opened = new Map<Store, Batch<ToStore, Written>>();
  const open = (store: Store) => {
    const batch = openBatch<ToStore, Written>(transaction, (...parts) => storeAll(store, ...parts), {
      name: 'market_data',
      members: 100,
      weight: 1_000,
      weigh: ({ said }) => (Array.isArray(said) ? said.length : 1),
    });
    opened.set(store, batch);
    return batch;
  };
  return (given) => (opened.get(given.data.store) ?? open(given.data.store))(given);
}

/** The subjects in one order, so that two processes do not wait in a circle. */
async function storeAll(
  store: Store,
  tx: EntityManager,
  after: AfterCommit,
  members: readonly Member<ToStore>[],
): Promise<readonly Written[]> {
  const inOrder = members.toSorted((one, other) => compare(subjectOf(one.given.ask), subjectOf(other.given.ask)));
  const written = await store.write(
    tx,
    inOrder.map(({ given }) => given),
  );
  const places = new Map(inOrder.map((member, index) => [member, written[index]]));
  return members.flatMap((member) => {
    const one = places.get(member);
    if (!one) return [];
    const { data, ask } = member.given;
    const { event } = data;
    const { told } = one;
    if (event && told) member.within(() => after.publish(event, subjectOf(ask), told));
    return [one];
  });
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
