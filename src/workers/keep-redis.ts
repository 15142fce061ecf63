import { z } from 'zod';
import { clockMs } from '../redis/clock.ts';
import { loadScript } from '../redis/scripts.ts';
import type { Context } from '../context.ts';
import type { OpenQueue } from '../jobs/enqueue.ts';
import { mostRestMs, payments } from '../jobs/queues.ts';
import { shardsOf } from '../jobs/shards/sharded-queue.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { reconcile } from '../jobs/payments/reconcile.job.ts';
import { readPauses } from '../jobs/pause.ts';
import { completeStreams } from '../outbox/announce.ts';
import { askForMails } from './ask-for-mails.ts';
import { scheduleJobs } from './schedule-jobs.ts';

/** Ends a queue's rest that would not end by itself, or later than any that is asked for. */
export async function watchRests({ jobs, log }: Pick<Context, 'jobs' | 'log'>): Promise<void> {
  const watch = async (queue: OpenQueue) => {
    // However much of a rest it is. Without an end it is -1, without a count -2.
    const leftMs = await queue.getRateLimitTtl(0);
    if (leftMs !== -1 && leftMs <= mostRestMs) return;
    await queue.removeRateLimitKey();
    log.warn({ queue: queue.name, leftMs }, 'a rest without an end has been ended');
  };
  await Promise.all([...jobs.queues.values()].map(watch));
}

// Longer than any kind of job waits for its next attempt. Who puts a job off for longer means it.
const mostDelayMs = 900_000;
const mostAtOnce = 100;

/**
 * Brings forward what is put off for longer than anything is: by a process whose clock was ahead. Runs that a schedule has planned may be
 * a day off.
 */
export async function watchDelays({ jobs, redis, log }: Pick<Context, 'jobs' | 'redis' | 'log'>): Promise<void> {
  const latestMs = (await clockMs(redis)) + mostDelayMs;
  for (const queue of jobs.queues.values()) {
    const ids = await Promise.all(shardsOf(queue).map((shard) => putOffBeyond(shard, latestMs)));
    const late = await Promise.all(ids.flat().map((id) => queue.getJob(id)));
    const stray = late.filter((job) => job !== undefined && job.repeatJobKey === undefined && job.delay < mostDelayMs);
    for (const job of stray) await job?.promote();
    if (stray.length > 0)
      log.warn({ queue: queue.name, jobs: stray.length }, 'put off for too long, by a clock that was ahead');
  }
}

/** Some of the jobs that wait for a later moment than this. */
async function putOffBeyond(shard: ReturnType<typeof shardsOf>[number], latestMs: number): Promise<readonly string[]> {
  const [all = 0] = await shard.getCounts(['delayed']);
  if (all === 0) return [];
  const [due = 0] = await shard.getCounts(['delayed'], latestMs);
  if (all <= due) return [];
  const [ids = []] = await shard.getRanges(['delayed'], due, due + mostAtOnce - 1, true);
  return ids;
}

/**
 * Which run of Redis holds all that it has to. One that was emptied has no such key; one that was started again is another run, as is
 * the replica that has taken a master's place. On a cluster each queue, and each of its shards, has its own, for it can be lost alone.
 */
const markKey = 'orderflow:whole';
const look = loadScript(new URL('./keep-redis/look.lua', import.meta.url), ['mark']);
const Looked = z.tuple([z.string(), z.string()]);
const lookEveryMs = 1_000;
// Whoever stops a queue or lets it rest tells Redis too; here is put right what it did not hear.
const compareEveryMs = 5_000;
const scheduleEveryMs = 60_000;

/**
 * Keeps in Redis what MySQL and the code say has to be there, until the signal aborts: what streams lack of the log, the queues'
 * pauses, places and schedules, and, when Redis has lost everything or may have lost something, a job for all that is not over.
 */
export async function keepRedis(context: Context, signal: AbortSignal): Promise<void> {
  const {
    log,
    market: { watchlist },
  } = context;
  // Of a clock that only goes on: one that is set back must not keep anything from being looked at.
  let [comparedAtMs, scheduledAtMs] = [-Infinity, -Infinity];
  let watched: string | undefined;
  let complete: ReadonlyMap<string, number> | undefined;
  while (!signal.aborted) {
    try {
      const found = await Promise.all(
        marksOf(context).map(async (mark) => [mark, Looked.parse(await look(context.redis, { mark }))] as const),
      );
      const lost = found.filter(([, [run, known]]) => run !== known);
      const isLost = lost.length > 0;
      if (isLost || performance.now() - comparedAtMs >= compareEveryMs) {
        complete = undefined;
        await keepPauses(context);
        await watchRests(context);
        await watchDelays(context);
        // Those that come back for another attempt, and those of a process that died before it had asked for their places.
        for (const shares of context.jobs.shares.values()) await shares.place();
        comparedAtMs = performance.now();
      }
      const version = await watchlist.version();
      const isDue = performance.now() - scheduledAtMs >= scheduleEveryMs || version !== watched;
      // While another process is at it, the next look tries again: it may have begun before the change.
      if ((isLost || isDue) && (await scheduleJobs(context))) [scheduledAtMs, watched] = [performance.now(), version];
      // Several workers may do it at once: it is harmless twice.
      if (isLost) {
        await context.jobs.enqueue(reconcile, { is_everything_due: true });
        await askForMails(context);
        for (const [mark, [run]] of lost) await context.redis.set(mark, run);
        log.info('Redis holds jobs and schedules again');
      }
      complete = await completeStreams({ ...context, streams: context.jobs.definitions.streams }, signal, complete);
    } catch (error) {
      // Redis or MySQL is away; what is missing is still missing at the next look.
      log.debug({ err: error }, 'keeping Redis: a look failed and will be repeated');
      [comparedAtMs, scheduledAtMs] = [-Infinity, -Infinity];
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

function marksOf({ config, jobs }: Pick<Context, 'config' | 'jobs'>): readonly string[] {
  if (!config.REDIS_CLUSTER) return [markKey];
  const parts = [...jobs.queues.values()].flatMap(shardsOf);
  // What stands in braces decides on which node a key is: a part's mark is where its jobs are.
  return parts.map(({ qualifiedName }) => `${markKey}:${qualifiedName.slice(0, qualifiedName.indexOf('}') + 1)}`);
}

/**
 * Tells Redis which queues are stopped. Of which nobody has ever decided it, payments run and the others stay as they are. Redis is
 * looked at first: a decision stands in MySQL before Redis hears of it, so that one which comes meanwhile is never undone.
 */
async function keepPauses({ orm, jobs }: Context): Promise<void> {
  const lookAt = async (queue: OpenQueue) => {
    const stopped = await Promise.all(shardsOf(queue).map((shard) => shard.hasQueueMetaField('paused')));
    return { queue, stopped };
  };
  const found = await Promise.all([...jobs.queues.values()].map(lookAt));
  const decided = new Map([[payments.name, false], ...(await readPauses(orm.em.fork()))]);
  const keep = async ({ queue, stopped }: (typeof found)[number]) => {
    const isWanted = decided.get(queue.name);
    if (isWanted === undefined || !stopped.includes(!isWanted)) return;
    await (isWanted ? queue.pause() : queue.resume());
  };
  await Promise.all(found.map(keep));
}
