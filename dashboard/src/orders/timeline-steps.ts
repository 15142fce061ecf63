import type { Entry } from './timeline.ts';

/** One step of an order's story: what happened, how often in a row, and how long after the step before, in seconds. */
export type Step = Readonly<{ entries: readonly Entry[]; last: Entry; afterSeconds: number | undefined }>;

/** Folds what was tried again and again with the same outcome into one step. */
export function stepsOf(entries: readonly Entry[]): readonly Step[] {
  const steps: Step[] = [];
  for (const entry of entries) {
    const before = steps.at(-1);
    if (before && isAgain(before.last, entry))
      steps[steps.length - 1] = { ...before, entries: [...before.entries, entry], last: entry };
    else
      steps.push({ entries: [entry], last: entry, afterSeconds: before && secondsBetween(before.last.at, entry.at) });
  }
  return steps;
}

/** How long a talk with the gateway took, in seconds; undefined when nobody heard its end. */
export function secondsOf(entry: Entry): number | undefined {
  if (entry.type !== 'gateway_call' || entry.ended_at === null) return undefined;
  return secondsBetween(entry.at, entry.ended_at);
}

function isAgain(before: Entry, entry: Entry): boolean {
  if (before.type !== 'gateway_call' || entry.type !== 'gateway_call') return false;
  return before.operation === entry.operation && before.outcome === entry.outcome && before.detail === entry.detail;
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1_000;
}
