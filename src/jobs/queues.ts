/** A queue guards one resource: how many jobs of it run at once in a process is said here and nowhere else. */
export type QueueDefinition = Readonly<{
  name: string;
  summary: string;
  concurrency: number;
  /** How often idle workers look by themselves; the usual is 5 s. */
  lookEverySeconds?: number;
}>;

/** The payment gateway. */
export const payments = {
  name: 'payments',
  summary: 'Charges and refunds at the payment gateway.',
  concurrency: 50,
} as const;

/** The Finnhub key: its two windows over all processes are kept by the budget, see gateways/budget.ts. */
export const finnhub = {
  name: 'finnhub',
  summary: 'Calls to Finnhub within the plan.',
  concurrency: 10,
  // BullMQ wakes nobody for a job that a rest has put back into its lane.
  lookEverySeconds: 0.25,
} as const;

/** The product feed and the reference rates. */
export const catalog = { name: 'catalog', summary: 'Product and rate feeds.', concurrency: 2 } as const;

/** Housekeeping. */
export const upkeep = { name: 'upkeep', summary: 'Housekeeping on a schedule.', concurrency: 2 } as const;

/** Every queue, in the order in which people see them. */
export const queues: readonly QueueDefinition[] = [payments, finnhub, catalog, upkeep];

/** The longest rest that a queue takes, ms: a little more than a plan's window. */
export const mostRestMs = 65_000;

/** More jobs a second than any queue sees: with this many counted, a queue rests until it is told to go on. */
export const restMax = 1_000_000;
