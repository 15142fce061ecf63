import type { Ask } from '../load/plan.ts';

/** What is known of a side's orders since it began; all numbers only rise. */
export type Tally = Readonly<{
  orders: number;
  paid: number;
  /** Payments that succeeded, where a side has payments. */
  charged: number;
  /** Events that say that an order is paid, in the stream. */
  announced: number;
}>;

/** Where a side announces that an order is paid. */
export type PaidEvents = Readonly<{ db: number; stream: string; orderField: string; type: string | undefined }>;

/** Who is measured: takes orders by HTTP and pays them behind, in processes of its own. */
export type Side = Readonly<{
  name: string;
  /** One an API process. */
  urls: readonly string[];
  /** The processes of the side alone, by role. */
  pids: Readonly<{ api: readonly number[]; worker: readonly number[] }>;
  /** The order that is placed again and again. */
  order: Ask;
  /** A quote that is read. */
  quote(symbol: string): Ask;
  paidEvents: PaidEvents;
  /** Entries that its stream has ever got, and how many of them an order brings: cheap, for waiting. */
  entries(): Promise<Readonly<{ added: number; anOrder: number }>>;
  tally(): Promise<Tally>;
  stop(): Promise<void>;
}>;
