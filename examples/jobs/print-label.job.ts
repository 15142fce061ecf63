// Giving up: `GiveUp` ends a job at once, whatever attempts are left, and it becomes a dead letter; see examples/giving-up.ts.
import { z } from 'zod';
import type { JobContext } from '../../src/context.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { GiveUp } from '../../src/errors.ts';
import { defineJob } from '../../src/jobs/define-job.ts';
import { upkeep as queue } from '../../src/jobs/queues.ts';

const mostCharacters = 30;

/** Writes the label of a product for its shelf, which has room for so many characters. */
export const printLabel = defineJob(
  {
    kind: 'print-label',
    summary: 'Print the label of a product.',
    queue,
    payload: z.object({ product_id: z.int() }),
    result: z.object({ label: z.string() }),
    attempts: 5,
    backoffMs: 500,
    timeoutMs: 10_000,
  },
  // It may run twice: the second label says the same.
  async ({ payload }, { em }: JobContext) => {
    const product = await em.findOne(Product, { id: payload.product_id });
    if (!product) throw new GiveUp(`there is no product ${payload.product_id}`);
    const { length } = product.title;
    // Another attempt would find the same title: somebody has to shorten it first.
    if (length > mostCharacters) throw new GiveUp(`the title has ${length} characters, a label ${mostCharacters}`);
    return { label: product.title.toUpperCase() };
  },
  async ({ product_id }, reason, { log }) => log.warn({ product_id, err: reason }, 'no label was printed'),
);
