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
export type History = Readonly<{ queue: string; by: 'minute' | 'hour'; total: Ended; data: readonly Step[] }>;
