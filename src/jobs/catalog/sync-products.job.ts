import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { feedRow } from '../../catalog/feed-row.ts';
import { type Change, storeFeed } from '../../catalog/store-feed.ts';
import { GiveUp } from '../../errors.ts';
import { productSynced, SyncCounts } from '../../streams/catalog.stream.ts';
import { defineJob } from '../define-job.ts';
import { catalog as queue } from '../queues.ts';

const batch = 100;
// For people, who look at the products for more.
const mostChanges = 40;
const Facts = z.object({ title: z.string(), price: z.number(), currency: z.string(), category: z.string().nullable() });
const ChangeShown = z.object({
  kind: z.enum(['created', 'updated']),
  product_id: z.int(),
  title: z.string(),
  fields: z.array(z.string()).readonly(),
  was: Facts.partial(),
  is: Facts.partial(),
});

/**
 * Reads the product feed whole, checks it row by row, and then stores what is new or different. Nothing is ever deleted,
 * and what is no product is left out. `recent`: the feed had been read within the last minute, so nothing was asked.
 */
export const syncProducts = defineJob(
  {
    kind: 'sync-products',
    summary: 'Read the product feed, check all of it, store what is new or different.',
    queue,
    payload: z.object({ force: z.boolean().default(false) }),
    result: z.discriminatedUnion('outcome', [
      SyncCounts.extend({ outcome: z.literal('synced'), changes: z.array(ChangeShown).max(mostChanges).optional() }),
      z.object({ outcome: z.literal('recent') }),
    ]),
    // The feed has its second try within an attempt, and then gives up; these are for MySQL.
    attempts: 3,
    backoffMs: 500,
    timeoutMs: 60_000,
    coalesceBy: () => 'feed',
  },
  async (
    { id, payload: { force }, signal, report },
    { now, log, payments: { gateways }, catalog: { productFeed, syncGate }, transaction }: JobContext,
  ) => {
    if (!(await syncGate.begin(id, force))) return { outcome: 'recent' as const };
    const { source, products } = await productFeed.list(signal);
    const { limits } = gateways.named(gateways.current);
    const rows = products.flatMap((product) => feedRow(product, limits) ?? []);
    if (rows.length === 0) throw new GiveUp('The product feed names no price that is an amount of money');
    if (rows.length < products.length)
      log.warn({ left_out: products.length - rows.length }, 'products whose price is no amount of money are left out');

    const counts = { created: 0, updated: 0, unchanged: 0, deleted: 0 };
    const changes: Change[] = [];
    // Batches commit on their own: a run that stops between two is completed by the next, which finds the rest to do.
    for (let done = 0; done < rows.length; done += batch) {
      report({ done, total: rows.length });
      signal.throwIfAborted();
      const some = { source, rows: rows.slice(done, done + batch), at: now() };
      const stored = await transaction((tx, after) => storeFeed(tx, after, some));
      counts.created += stored.created;
      counts.updated += stored.updated;
      counts.unchanged += stored.unchanged;
      counts.deleted += stored.deleted;
      changes.push(...stored.changes);
    }
    report({ done: rows.length, total: rows.length });
    await transaction(async (_tx, after) => after.publish(productSynced, source, { source, ...counts }));
    // What is different comes before what is new: of a first reading everything is.
    const told = changes.toSorted((a, b) => b.kind.localeCompare(a.kind)).slice(0, mostChanges);
    return { outcome: 'synced' as const, source, ...counts, changes: told };
  },
);
