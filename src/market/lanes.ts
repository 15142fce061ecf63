/** For whom a call to the provider is made. */
export type Lane = (typeof lanes)[number]['name'];

/**
 * The lanes in which fetches wait for the plan, first come first. `priority` is BullMQ's: none (0) comes before 1. Nobody
 * waits for the answer of a fetch in the background: its calls are spread evenly, and leave people their part.
 */
export const lanes = [
  { name: 'logged_in', priority: 0, isBackground: false },
  { name: 'anonymous_cold', priority: 1, isBackground: false },
  { name: 'anonymous_stale', priority: 2, isBackground: true },
  { name: 'watchlist', priority: 3, isBackground: true },
  { name: 'refresh', priority: 4, isBackground: true },
] as const;

/** Whether somebody waits for what is fetched in this lane. */
export function isForPeople(lane: Lane): boolean {
  return lanes.some(({ name, isBackground }) => name === lane && !isBackground);
}

/** BullMQ's priority of a lane. */
export function priorityOf(lane: Lane): number {
  return lanes.find(({ name }) => name === lane)?.priority ?? 0;
}

/** The lane of a job by its priority. */
export function laneOf(priority: number): Lane {
  return lanes.find((lane) => lane.priority === priority)?.name ?? 'refresh';
}
