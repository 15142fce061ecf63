/** The plan of every key, and whether refused calls count. */
export interface CallPlan {
  readonly perMinute: number;
  readonly perSecond: number;
  readonly windowMs: number;
  readonly countRejected: boolean;
}

/** What one call finds: whether it may pass, and what the three headers say. */
export interface CallCount {
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** UNIX seconds, cut off, as recorded: up to a second before the window really ends. */
  readonly resetSeconds: number;
}

interface KeyCount {
  windowEndsMs: number;
  inWindow: number;
  lastSecond: number[];
}

const MOST_KEYS = 10_000;

/**
 * Counts calls per key in two windows: one that opens with the first call and lasts `windowMs` (not aligned to the
 * clock), and any one second. Independent of the product's own budget on purpose.
 */
export function createCallLimits(plan: CallPlan): (key: string, atMs: number) => CallCount {
  const counts = new Map<string, KeyCount>();
  return (key, atMs) => {
    const count = counts.get(key) ?? { windowEndsMs: 0, inWindow: 0, lastSecond: [] };
    counts.delete(key);
    counts.set(key, count);
    for (const oldest of counts.keys()) if (counts.size > MOST_KEYS) counts.delete(oldest);
    if (atMs >= count.windowEndsMs) {
      count.windowEndsMs = atMs + plan.windowMs;
      count.inWindow = 0;
    }
    count.lastSecond = count.lastSecond.filter((earlier) => earlier > atMs - 1000);
    const isAllowed = count.inWindow < plan.perMinute && count.lastSecond.length < plan.perSecond;
    if (isAllowed || plan.countRejected) {
      count.inWindow += 1;
      count.lastSecond.push(atMs);
    }
    return {
      isAllowed,
      remaining: Math.max(0, plan.perMinute - count.inWindow),
      resetSeconds: Math.floor(count.windowEndsMs / 1000),
    };
  };
}
