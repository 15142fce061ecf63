import type { Redis } from '../redis/client.ts';
import type { OpenQueue } from './enqueue.ts';
import { dueMs } from './find-jobs.ts';
import { placesOf } from './lane-shares.ts';
import { isForPeople, lanes, type QueueDefinition } from './queues.ts';
import { places } from './shares.ts';
import { gatherIds } from './shards/sharded-queue.ts';

/** Since when the job could run that has waited longest, whosever turn is next, ms; undefined when none waits. */
export async function readOldestDue(
  redis: Redis,
  queue: OpenQueue,
  definition: QueueDefinition,
): Promise<number | undefined> {
  const stretches = stretchesOf(definition);
  const [listed, ...placed] = await Promise.all([
    queue.getRanges(['waiting'], 0, 0, true),
    ...stretches.map((stretch) => gatherIds(queue, (shard) => firstsOf(redis, shard.toKey('prioritized'), stretch))),
  ]);
  const jobs = await Promise.all([...new Set([...listed, ...placed.flat()])].map((id) => queue.getJob(id)));
  const due = jobs.filter((job) => job !== undefined).map(dueMs);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** Scores from `from` on in which whoever came first stands first; where tenants take turns, in each of the rounds of `perRound`. */
type Stretch = Readonly<{ from: number; perRound?: number }>;

function stretchesOf({ isShared }: QueueDefinition): readonly Stretch[] {
  // In front of the places stands what has begun before, behind them what has none yet.
  if (isShared === 'whole') return [{ from: 0 }, places, { from: places.to }];
  return lanes.flatMap(({ name }): Stretch[] => {
    const { first, ...turns } = placesOf(name);
    return isShared === 'by_lane' && isForPeople(name) ? [{ from: first }, turns] : [{ from: first }];
  });
}

/**
 * Ids of jobs of which one is the oldest of its stretch. The first job of each tenant is in the round whose turn it is, or in the
 * next: decision 28. Where a stretch is empty, they are of one behind it, which does no harm.
 */
async function firstsOf(redis: Redis, prioritized: string, { from, perRound }: Stretch): Promise<readonly string[]> {
  const firstFrom = (score: number) => redis.zrangebyscore(prioritized, score, '+inf', 'WITHSCORES', 'LIMIT', 0, 1);
  const [first, score] = await firstFrom(from);
  if (first === undefined || perRound === undefined) return first === undefined ? [] : [first];
  const round = Math.floor((Number(score) - from) / perRound);
  const [next] = await firstFrom(from + (round + 1) * perRound);
  return next === undefined ? [first] : [first, next];
}
