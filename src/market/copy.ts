/** What has been observed: the whole answer but `stale`, and when it was fetched. */
export type Observation = Readonly<{ facts: Facts; observedAt: Date }>;

/** Fields of an answer. */
export type Facts = Readonly<Record<string, unknown>>;

/** A finished answer body, a JSON object without its last brace and without `stale`, and when it was observed. */
export type Copy = Readonly<{ body: string; observedAtMs: number }>;

/** The answer body of an observation, still open for `stale`. */
export function copyOf({ facts, observedAt }: Observation): Copy {
  return { body: JSON.stringify(facts).slice(0, -1), observedAtMs: observedAt.getTime() };
}

// What another process has written may be ahead by as much as clocks differ.
const aheadMs = 5_000;

/** The latest moment, UNIX ms, that something which has happened may bear; what is later was not written by us. */
export function latestBelieved(now: Date): number {
  return now.getTime() + aheadMs;
}

/**
 * For how much longer a copy is fresh, ms; when that is not more than nothing, it is old. One from the future is: it may be of any age,
 * and would be fresh for as long as the clock was ahead by which it was stored.
 */
export function freshLeftMs({ observedAtMs }: Copy, freshMs: number, now: Date): number {
  if (observedAtMs > latestBelieved(now)) return -freshMs;
  return observedAtMs + freshMs - now.getTime();
}
