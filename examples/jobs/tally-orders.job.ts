// Coalescing: `coalesceBy` makes all jobs for the same day that have not finished one job; see examples/coalescing.ts.
import { z } from 'zod';
import type { JobContext } from '../../src/context.ts';
import { Order } from '../../src/entities/orders.entity.ts';
import { defineJob } from '../../src/jobs/define-job.ts';
import { upkeep as queue } from '../../src/jobs/queues.ts';

const dayMs = 86_400_000;

/** Counts the orders of a day of UTC. However many ask at once, MySQL counts once. */
export const tallyOrders = defineJob(
  {
    kind: 'tally-orders',
    summary: 'Count the orders of a day.',
    queue,
    payload: z.object({ day: z.iso.date() }),
    result: z.object({ day: z.string(), orders: z.int() }),
    attempts: 3,
    backoffMs: 500,
    timeoutMs: 10_000,
    coalesceBy: ({ day }) => day,
  },
  // It may run twice: it only reads.
  async ({ payload: { day } }, { em }: JobContext) => {
    const from = new Date(`${day}T00:00:00.000Z`);
    const orders = await em.count(Order, { createdAt: { $gte: from, $lt: new Date(from.getTime() + dayMs) } });
    return { day, orders };
  },
);
