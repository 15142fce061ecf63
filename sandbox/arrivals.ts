import type { Target } from './answer.ts';

/** One request that reached an upstream. `status` is null while, or because, it got no answer. */
export interface Arrival {
  readonly at_ms: number;
  readonly method: string;
  /** Path and query, without any token. */
  readonly path: string;
  /** The caller's API key. */
  readonly key: string | null;
  readonly idempotency_key: string | null;
  status: number | null;
}

/** The book of everything that arrived, in order of arrival; the oldest rows leave when it is full. */
export interface Arrivals {
  note(target: Target, arrival: Arrival): void;
  of(target: Target): readonly Arrival[];
}

const MOST = 200_000;

/** Opens an empty book. Tests prove call limits from it, so it knows nothing of the limits themselves. */
export function createArrivals(): Arrivals {
  const books: Record<Target, Arrival[]> = { finnhub: [], stripe: [], products: [], rates: [] };
  return {
    note(target, arrival) {
      const book = books[target];
      book.push(arrival);
      // Trimmed in large steps: removing one row at a time from the front would move all the others.
      if (book.length > MOST * 1.25) book.splice(0, book.length - MOST);
    },
    of: (target) => books[target].slice(-MOST),
  };
}

/** The most calls of one key in any stretch of `windowMs`, wherever it begins. */
export function busiest(arrivals: readonly Arrival[], windowMs: number): number {
  const recent = new Map<string | null, number[]>();
  let most = 0;
  for (const { key, at_ms } of arrivals) {
    const times = recent.get(key) ?? [];
    times.push(at_ms);
    while ((times[0] ?? at_ms) <= at_ms - windowMs) times.shift();
    recent.set(key, times);
    most = Math.max(most, times.length);
  }
  return most;
}
