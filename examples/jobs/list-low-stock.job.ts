// A schedule: `everyMs` makes a job run by itself, this often over all processes, however many workers there are; see
// examples/schedule.ts. Its payload is empty; for a payload each, a kind has `schedules` instead, as docs/add-a-job.md shows.
import { z } from 'zod';
import type { JobContext } from '../../src/context.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { defineJob } from '../../src/jobs/define-job.ts';
import { upkeep as queue } from '../../src/jobs/queues.ts';

const fewPieces = 5;
const mostListed = 100;

/** Lists the products of which few are left. */
export const listLowStock = defineJob(
  {
    kind: 'list-low-stock',
    summary: 'List the products of which few are left.',
    queue,
    payload: z.object({}),
    result: z.object({ product_ids: z.array(z.int()) }),
    attempts: 3,
    backoffMs: 500,
    timeoutMs: 10_000,
    everyMs: 5_000,
  },
  // It may run twice: it only reads.
  async (_attempt, { em }: JobContext) => {
    const low = { stock: { $lt: fewPieces }, deletedAt: null };
    const products = await em.find(Product, low, { orderBy: { id: 'asc' }, limit: mostListed });
    return { product_ids: products.map(({ id }) => id) };
  },
);
