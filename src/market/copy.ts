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

/** For how much longer a copy is fresh, ms; when that is not more than nothing, it is old. */
export function freshLeftMs({ observedAtMs }: Copy, freshMs: number, now: Date): number {
  return observedAtMs + freshMs - now.getTime();
}
