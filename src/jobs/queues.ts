/** A queue guards one resource. `concurrency`: so many of its jobs run at once in a process that is configured to nothing else. */
export type QueueDefinition = Readonly<{
  name: string;
  summary: string;
  concurrency: number;
  /** Whether tenants share it, or each of its lanes for people: who asks for much waits behind who asks for little. */
  isShared?: 'whole' | 'by_lane';
  /** The field of payloads by which its jobs are divided, where it may be several of BullMQ's queues. */
  shardedBy?: string;
}>;

/** The payment gateway. */
export const payments = {
  name: 'payments',
  summary: 'Charges and refunds at the payment gateway.',
  concurrency: 50,
  isShared: 'whole',
  // All jobs of an order stay together.
  shardedBy: 'order_id',
} as const;

/** The Finnhub key: its two windows over all processes are kept by the budget, see gateways/finnhub/budget.ts. */
export const finnhub = {
  name: 'finnhub',
  summary: 'Calls to Finnhub within the plan.',
  concurrency: 10,
  isShared: 'by_lane',
} as const;

/** The product feed and the reference rates. */
export const catalog = { name: 'catalog', summary: 'Product and rate feeds.', concurrency: 2 } as const;

/** Housekeeping. */
export const upkeep = { name: 'upkeep', summary: 'Housekeeping on a schedule.', concurrency: 2 } as const;

/** The endpoints of others: each is slow for itself, so that many are told at once. */
export const webhooks = {
  name: 'webhooks',
  summary: 'Telling events to endpoints of others.',
  concurrency: 50,
} as const;

/** The mail server. */
export const mails = { name: 'mails', summary: 'Mails to those who have accounts.', concurrency: 5 } as const;

/** Every queue, in the order in which people see them. */
export const queues: readonly QueueDefinition[] = [payments, finnhub, catalog, upkeep, webhooks, mails];

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

/** The longest rest that a queue takes, ms: a little more than a plan's window. */
export const mostRestMs = 65_000;

/** More jobs a second than any queue sees: with this many counted, a queue rests until it is told to go on. */
export const restMax = 1_000_000;

/** The time in which jobs are counted, ms: BullMQ takes it from its workers, whatever time a queue's own limit was set with. */
export const countedMs = 1_000;
