import { DelayedError, type Job as QueueJob, RateLimitError, WaitingError } from 'bullmq';
import type { Context } from '../context.ts';
import { within } from '../process/deadline.ts';
import { mostRestMs } from '../jobs/queues.ts';
import { returning, unplaced } from '../jobs/shares.ts';
import { shardsOf } from '../jobs/shards/sharded-queue.ts';

const tellMs = 1_000;
// Jobs that come back only to wait again cost a worker half a millisecond each.
const eachMs = 2;
const shortestMs = 1_000;
// So many come back to the front of their queue, in their order; they look, and hold nobody up for longer than half a second.
const mostInFront = 1_000;

/**
 * Lets one job wait while its queue goes on, and returns what BullMQ must be told. Jobs that wait so come back together, at
 * moments that the clock gives, and so in their order; the more there are, the rarer.
 */
export async function stepAside(
  queued: QueueJob,
  token: string | undefined,
  waitMs: number,
  { jobs, now }: Pick<Context, 'jobs' | 'now'>,
): Promise<Error> {
  const queue = jobs.queues.get(queued.queueName);
  const aside = async () => {
    const others = (await queue?.getDelayedCount()) ?? 0;
    if (jobs.shares.has(queued.queueName)) await (others > mostInFront ? leavePlace(queued) : keepPlace(queued));
    await queued.moveToDelayed(nextTurn(now().getTime(), Math.min(waitMs, mostRestMs), others), token);
  };
  // When Redis cannot be told, the job goes back to its place, and steps aside again.
  return within(tellMs, 'Redis', aside()).then(
    () => new DelayedError(),
    () => new RateLimitError(),
  );
}

/** Has a job that comes back later wait for its tenant's turn again: whose jobs fail over and over must not come before all others. */
export async function leavePlace(queued: QueueJob): Promise<void> {
  // When Redis cannot be told, the job comes back to where it was.
  await within(tellMs, 'Redis', queued.changePriority({ priority: unplaced })).catch(() => {});
}

/** Has a job come back to the front of its queue. It may have been fetched before it had a place, and others behind it have got theirs. */
export async function keepPlace(queued: QueueJob): Promise<void> {
  if (queued.priority === unplaced) await queued.changePriority({ priority: returning });
}

type Parts = Pick<Context, 'jobs' | 'redis'>;

/** Gives a job back that this process does not come to the end of, for another to take up at once, and returns what BullMQ must be told. */
export async function handBack(queued: QueueJob, token: string | undefined, parts: Parts): Promise<Error> {
  // When Redis cannot be told, BullMQ puts the job back, in whatever place.
  return within(tellMs, 'Redis', putInFront(queued, token, parts)).then(
    () => new WaitingError(),
    () => new RateLimitError(),
  );
}

/** Lets the whole queue wait, with this job in front of its lane, and returns what BullMQ must be told. */
export async function rest(queued: QueueJob, token: string | undefined, waitMs: number, parts: Parts): Promise<Error> {
  const resting = async () => parts.jobs.queues.get(queued.queueName)?.rateLimit(Math.min(waitMs, mostRestMs));
  return within(tellMs, 'Redis', resting()).then(
    () => handBack(queued, token, parts),
    // When Redis cannot be told, BullMQ puts the job back, and it is limited again.
    () => new RateLimitError(),
  );
}

async function putInFront(queued: QueueJob, token: string | undefined, { jobs, redis }: Parts): Promise<void> {
  const queue = jobs.queues.get(queued.queueName);
  await keepPlace(queued);
  await queued.moveToWait(token);
  if (queued.id !== undefined) await jobs.laneShares.get(queued.queueName)?.comeBack(queued.id);
  // BullMQ wakes nobody for a job that comes back into a lane; whoever is woken looks until the rest is over.
  for (const shard of queue ? shardsOf(queue) : []) await redis.zadd(shard.toKey('marker'), 0, '0');
}

/** When jobs that step aside now come back: the first moment of their round after the wait. Rounds are doubles of a second. */
export function nextTurn(atMs: number, waitMs: number, others: number): number {
  const leastMs = Math.min(Math.max(shortestMs, others * eachMs), mostRestMs);
  const roundMs = shortestMs * 2 ** Math.ceil(Math.log2(leastMs / shortestMs));
  return Math.ceil((atMs + waitMs) / roundMs) * roundMs;
}
