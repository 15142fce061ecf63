import type { OpenQueue } from './enqueue.ts';
import type { Redis } from '../redis/client.ts';
import { shardOfJob } from './shards/sharded-queue.ts';

// Of what BullMQ keeps in a list, so many from its front are looked at.
const mostLooked = 1_000;
// BullMQ's scores of delayed jobs are moments, ms, with so many places in each.
const perMs = 4_096;

/** How many jobs come before one that waits, in the line in which it stands; undefined when it does not, or far behind. */
export async function countBefore(redis: Redis, queue: OpenQueue, id: string): Promise<number | undefined> {
  const shard = await shardOfJob(queue, id);
  const waiting = shard.toKey('wait');
  const [rank, index, length] = await Promise.all([
    redis.zrank(shard.toKey('prioritized'), id),
    redis.lpos(waiting, id, 'RANK', -1, 'MAXLEN', mostLooked),
    redis.llen(waiting),
  ]);
  // Whatever has no priority comes first; it is taken from the end of its list.
  if (rank !== null) return length + rank;
  return index === null ? undefined : Math.max(0, length - 1 - index);
}

/** When a delayed job comes back to wait, ms; undefined when it is not delayed any more. */
export async function readDue(redis: Redis, queue: OpenQueue, id: string): Promise<number | undefined> {
  const score = await redis.zscore((await shardOfJob(queue, id)).toKey('delayed'), id);
  return score === null ? undefined : Math.floor(Number(score) / perMs);
}
