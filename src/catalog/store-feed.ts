import type { Redis } from '../redis/client.ts';
import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { Product } from '../entities/catalog.entity.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { productCreated, productUpdated } from '../streams/catalog.stream.ts';
import { type FeedRow, newlySaid } from './feed-row.ts';
import { changedFields, productFacts, type ProductRow } from './products.ts';

/** Keeps the feed from being read again within a minute, whoever asks in whichever process. */
export type SyncGate = Readonly<{
  /** The job that has read the feed within the last minute, or is reading it. */
  lastRun(): Promise<string | undefined>;
  /** Says that the job begins to read the feed; false when another has within the last minute, unless forced. */
  begin(jobId: string, isForced: boolean): Promise<boolean>;
}>;

const key = 'catalog:last-sync';
const restSeconds = 60;

/** Opens the gate. When Redis has lost it, the feed is read once more, which changes nothing that is the same. */
export function openSyncGate(redis: Redis): SyncGate {
  return {
    lastRun: async () => (await redis.get(key)) ?? undefined,
    async begin(jobId, isForced) {
      if (isForced) return (await redis.set(key, jobId, 'EX', restSeconds)) === 'OK';
      if ((await redis.set(key, jobId, 'EX', restSeconds, 'NX')) === 'OK') return true;
      // The same job again: its worker was lost.
      return (await redis.get(key)) === jobId;
    },
  };
}

/** Short facts of a product, under the names that the API gives them. */
export type Facts = Readonly<
  Partial<Pick<ReturnType<typeof productFacts>, 'title' | 'price' | 'currency' | 'category'>>
>;

/** A product that is new, or which of its fields have changed; the short ones as they were and as they are. */
export type Change = Readonly<{
  kind: 'created' | 'updated';
  product_id: number;
  title: string;
  fields: readonly string[];
  was: Facts;
  is: Facts;
}>;

/** What became of some rows of a feed. `deleted` are those that were deleted here and stay so. */
export type Stored = Readonly<{
  created: number;
  updated: number;
  unchanged: number;
  deleted: number;
  changes: readonly Change[];
}>;

type Batch = Readonly<{ source: string; rows: readonly FeedRow[]; at: Date }>;

/**
 * Adds the rows of a feed that are new and updates of the others what the feed says differently than last time, with
 * their events, in the caller's transaction. Whoever is missing from the feed stays. A second run finds nothing to do.
 */
export async function storeFeed(tx: EntityManager, after: AfterCommit, batch: Batch): Promise<Stored> {
  const known = await findStored(tx, batch, LockMode.PESSIMISTIC_WRITE);
  const fresh = batch.rows.filter(({ externalId }) => !known.has(externalId));
  const counts = { created: fresh.length, updated: 0, unchanged: 0, deleted: 0 };
  const changes: Change[] = [];
  for (const row of batch.rows) {
    const stored = known.get(row.externalId);
    if (!stored) continue;
    const change = stored.deletedAt ? undefined : await update(tx, after, stored, row, batch.at);
    counts[stored.deletedAt ? 'deleted' : change ? 'updated' : 'unchanged'] += 1;
    if (change) changes.push(change);
  }
  if (fresh.length > 0) changes.push(...(await create(tx, after, { ...batch, rows: fresh })));
  return { ...counts, changes };
}

async function findStored(tx: EntityManager, { source, rows }: Batch, lockMode?: LockMode.PESSIMISTIC_WRITE) {
  const ids = rows.map(({ externalId }) => externalId);
  const stored = await tx.find(
    Product,
    { source, externalId: { $in: ids } },
    { disableIdentityMap: true, orderBy: { id: 'asc' }, ...(lockMode ? { lockMode } : {}) },
  );
  return new Map(stored.map((row) => [row.externalId, row]));
}

async function create(tx: EntityManager, after: AfterCommit, batch: Batch): Promise<readonly Change[]> {
  const { source, rows, at } = batch;
  await tx.insertMany(
    Product,
    rows.map((row) => {
      const { externalId, stock, parts, feedHash, feedSaid } = row;
      const { title, description, category, image, rating, price } = parts;
      const columns = { ...title, ...description, ...category, ...image, ...rating, ...price };
      return { ...columns, externalId, stock, feedHash, feedSaid, source, createdAt: at, updatedAt: at };
    }),
  );
  const stored = await findStored(tx, batch);
  return rows.flatMap(({ externalId }) => {
    const product = stored.get(externalId);
    if (!product) return [];
    after.publish(productCreated, String(product.id), productFacts(product));
    return [changeOf('created', product, product, ['price'])];
  });
}

// Answers what has changed. A feed's stock is taken once, with the product: from then on orders take from it, and it is counted here.
async function update(
  tx: EntityManager,
  after: AfterCommit,
  stored: ProductRow,
  row: FeedRow,
  at: Date,
): Promise<Change | undefined> {
  const { feedHash, feedSaid } = row;
  const isSame = stored.feedHash === feedHash;
  if (isSame && stored.feedSaid) return undefined;
  // Rows of versions before know of all together only whether it is the same.
  const said = isSame ? {} : newlySaid(row, stored.feedSaid);
  const changed = changedFields(stored, said);
  const seen = { ...said, feedHash, feedSaid };
  await tx.nativeUpdate(Product, { id: stored.id }, changed.length > 0 ? { ...seen, updatedAt: at } : seen);
  if (changed.length === 0) return undefined;
  const now = { ...stored, ...said };
  after.publish(productUpdated, String(stored.id), { ...productFacts(now), changed });
  return changeOf('updated', stored, now, changed);
}

const shown = ['title', 'price', 'currency', 'category'] as const;

function changeOf(kind: Change['kind'], was: ProductRow, is: ProductRow, fields: readonly string[]): Change {
  // A price says nothing without its currency.
  const isShown = (name: string) => fields.includes(name === 'currency' ? 'price' : name);
  const factsOf = (row: ProductRow): Facts => {
    const facts = productFacts(row);
    return Object.fromEntries(shown.filter(isShown).map((name) => [name, facts[name]]));
  };
  const before = kind === 'created' ? {} : factsOf(was);
  return { kind, product_id: is.id, title: is.title, fields, was: before, is: factsOf(is) };
}
