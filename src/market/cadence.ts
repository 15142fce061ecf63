/** A plan's calls in a window. */
export type CallPlan = Readonly<{ perWindow: number; windowMs: number }>;

/**
 * How often each of `count` symbols is polled, so that all of them together use at most half of the plan: the other half
 * is for people. Never more often than a copy gets old.
 */
export function pollEveryMs(count: number, { perWindow, windowMs }: CallPlan, freshMs: number): number {
  const shareMs = Math.ceil((2 * windowMs * count) / perWindow);
  // A tenth more than its freshness: a poll on the dot would find the copy of the last one still fresh, and skip.
  return Math.max(shareMs, Math.ceil(freshMs * 1.1), 1_000);
}
