import type { Context } from '../context.ts';
import { mostRestMs, payments } from '../jobs/queues.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { reconcile } from '../jobs/payments/reconcile.job.ts';
import { readPauses } from '../jobs/pause.ts';
import { restoreStream } from '../outbox/restore-stream.ts';
import { areLookedAt } from '../streams/append.ts';
import { scheduleJobs } from './schedule-jobs.ts';

/** Ends a queue's rest that would not end by itself, or later than any that is asked for. */
export async function watchRests({ jobs, log }: Pick<Context, 'jobs' | 'log'>): Promise<void> {
  for (const queue of jobs.queues.values()) {
    // However much of a rest it is. Without an end it is -1, without a count -2.
    const leftMs = await queue.getRateLimitTtl(0);
    if (leftMs !== -1 && leftMs <= mostRestMs) continue;
    await queue.removeRateLimitKey();
    log.warn({ queue: queue.name, leftMs }, 'a rest without an end has been ended');
  }
}

/** As long as this key is there, nothing has emptied Redis. */
const markKey = 'orderflow:whole';
const lookEveryMs = 1_000;
const scheduleEveryMs = 60_000;

/**
 * Keeps in Redis what MySQL and the code say has to be there, until the signal aborts: the queues' pauses, the schedules,
 * and, when Redis has lost everything or may have lost something, the streams and a job for all that is not over.
 */
export async function keepRedis(context: Context, signal: AbortSignal): Promise<void> {
  const {
    log,
    now,
    market: { watchlist },
  } = context;
  let scheduledAtMs = 0;
  let watched: string | undefined;
  while (!signal.aborted) {
    try {
      // Emptied, or started again, perhaps without its last moments.
      const isLost =
        (await context.redis.exists(markKey)) === 0 ||
        !(await areLookedAt(context.redis, [...context.jobs.definitions.streams.values()]));
      await keepPauses(context);
      await watchRests(context);
      const version = await watchlist.version();
      const isDue = now().getTime() - scheduledAtMs >= scheduleEveryMs || version !== watched;
      // While another process is at it, the next look tries again: it may have begun before the change.
      if ((isLost || isDue) && (await scheduleJobs(context))) [scheduledAtMs, watched] = [now().getTime(), version];
      if (isLost) await rebuild(context, signal);
    } catch (error) {
      // Redis or MySQL is away; what is missing is still missing at the next look.
      log.debug({ err: error }, 'keeping Redis: a look failed and will be repeated');
      scheduledAtMs = 0;
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** Several workers may do it at once: each step is harmless twice, and the mark is set when all are done. */
async function rebuild(context: Context, signal: AbortSignal): Promise<void> {
  const { redis, jobs, log } = context;
  await jobs.enqueue(reconcile, { is_everything_due: true });
  // One that cannot be restored keeps neither the others nor their followers waiting.
  const restored = await Promise.allSettled(
    [...jobs.definitions.streams.values()].map((stream) =>
      restoreStream({ ...context, definitions: jobs.definitions }, stream, signal),
    ),
  );
  for (const one of restored) if (one.status === 'rejected') throw one.reason;
  await redis.set(markKey, '1');
  log.info('Redis holds jobs, schedules and streams again');
}

/** Tells Redis which queues are stopped. Of which nobody has ever decided it, payments run and the others stay as they are. */
async function keepPauses({ orm, jobs }: Context): Promise<void> {
  const decided = new Map([[payments.name, false], ...(await readPauses(orm.em.fork()))]);
  for (const queue of jobs.queues.values()) {
    const isWanted = decided.get(queue.name);
    if (isWanted === undefined || (await queue.isPaused()) === isWanted) continue;
    await (isWanted ? queue.pause() : queue.resume());
  }
}
