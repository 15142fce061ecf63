import type { EntityManager } from '@mikro-orm/mysql';
import type { Facts, Observation } from './copy.ts';

/** A span of time, both ends included. */
export type TimeSpan = Readonly<{ from: Date; to: Date }>;

/** Which observations of a span: at most `limit`, after the one of this moment and id. */
export type HistoryPage = Readonly<{ after: Readonly<{ at: Date; rank: string }> | undefined; limit: number }>;

/** An observation in a history, with its place. */
export type PastObservation = Readonly<{ at: Date; rank: string; facts: Facts }>;

/** When something was observed, from whom, and by which job: a second run of the job changes nothing. */
export type Seen = Readonly<{ jobId: string; observedAt: Date; source: string }>;

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
  write(tx: EntityManager, ask: A, said: Said, seen: Seen): Promise<Written>;
  /** Observations of a span, oldest first, for what has a history. */
  history?(em: EntityManager, ask: A, span: TimeSpan, page: HistoryPage): Promise<PastObservation[]>;
  pruned: readonly Pruned[];
}>;
