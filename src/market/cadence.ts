/** A plan's calls in a window. */
export type CallPlan = Readonly<{ perWindow: number; windowMs: number }>;

/** The part of a plan that no watchlist may use: it is for people. */
export const shareForPeople = 0.2;

/** The longest a cadence may be. */
export const mostEverySeconds = 86_400;

/**
 * How often each of `count` symbols is polled unless somebody says otherwise, so that all of them together use at most
 * half of the plan: there is room for more symbols, and for people. Never more often than a copy gets old.
 */
export function usualEverySeconds(count: number, { perWindow, windowMs }: CallPlan, freshSeconds: number): number {
  return Math.max(Math.ceil((2 * windowMs * count) / perWindow / 1_000), freshSeconds, 1);
}

/** The calls a window that polling takes, and those that it may take. */
export function pollingIn(cadences: readonly number[], { perWindow, windowMs }: CallPlan) {
  const calls = cadences.reduce((sum, everySeconds) => sum + windowMs / (everySeconds * 1_000), 0);
  return { calls, mostCalls: perWindow * (1 - shareForPeople) };
}

/** The shortest cadence, in seconds, that fits beside the others; undefined when none does. */
export function fittingSeconds(others: readonly number[], plan: CallPlan): number | undefined {
  const { calls, mostCalls } = pollingIn(others, plan);
  const everySeconds = Math.max(1, Math.ceil(plan.windowMs / (mostCalls - calls) / 1_000));
  return mostCalls > calls && everySeconds <= mostEverySeconds ? everySeconds : undefined;
}

/** The shortest cadence, in seconds, at which so many symbols fit. */
export function fittingAll(count: number, { perWindow, windowMs }: CallPlan): number {
  return Math.max(1, Math.ceil((count * windowMs) / (perWindow * (1 - shareForPeople)) / 1_000));
}
