/** By what a history is told: the last hour by the minute, or the last day by the hour. */
export type Span = 'minute' | 'hour';

/** What ended in some time, and how long that took from when it was due, seconds; null: nothing ended. */
export type Ended = Readonly<{
  done: number;
  failed: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}>;

/** A step of a history: its beginning, and what ended in it. */
export type Step = Ended & Readonly<{ at: string }>;

/** What `GET /queues/{name}/history` tells. */
export type History = Readonly<{ queue: string; by: Span; total: Ended; data: readonly Step[] }>;

/** Calls to the provider by lane. */
export type Calls = Readonly<Record<string, number>>;

/** What `GET /market/budget/history` tells. */
export type BudgetHistory = Readonly<{ total: Calls; data: readonly Readonly<{ at: string; calls: Calls }>[] }>;
