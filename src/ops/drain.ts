import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { OpenQueue } from '../jobs/enqueue.ts';
import { readOldestDue } from '../jobs/oldest-waiting.ts';
import { queues } from '../jobs/queues.ts';
import type { MetricsParts } from './backlog.ts';

/**
 * What a queue has to do at this moment, and how long its workers need for that. `jobs` and the seconds are 0 while the queue
 * is paused or limited: more workers would do no more. The names are those of `/autoscale/{queue}`.
 */
export type Drain = Readonly<{
  queue: string;
  state: 'running' | 'paused' | 'limited';
  jobs: number;
  waiting: number;
  prioritised: number;
  /** Those that waited for their time, which has come. */
  due: number;
  active: number;
  workers: number;
  seconds_to_drain: number;
  /** Age of the job that has waited longest, whosever turn is next; 0 when none waits. */
  oldest_seconds: number;
}>;

const judgedBy = 20;
const usualSeconds = 1;

/** Reads that of a queue; undefined when none is called so. @throws when Redis is away. */
export async function readDrain(
  { jobs, config, now, redis }: Pick<MetricsParts, 'jobs' | 'config' | 'now' | 'redis'>,
  name: string,
): Promise<Drain | undefined> {
  const [queue, definition] = [jobs.queues.get(name), queues.find((some) => some.name === name)];
  if (!queue || !definition) return undefined;
  const atMs = now().getTime();
  const [counts, due, workers, isPaused, restMs, oldestMs = atMs, done] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active'),
    queue.getDelayedCount(atMs),
    countWorkers(queue, config),
    queue.isPaused(),
    queue.getRateLimitTtl(),
    readOldestDue(redis, queue, definition),
    queue.getJobs(['completed'], 0, judgedBy - 1),
  ]);
  const { waiting = 0, prioritized: prioritised = 0, active = 0 } = counts;
  const state = isPaused ? 'paused' : restMs > 0 ? 'limited' : 'running';
  const jobsNow = state === 'running' ? waiting + prioritised + due + active : 0;
  const places = Math.max(1, workers) * (config.concurrency[name] ?? definition.concurrency);
  return {
    queue: name,
    state,
    jobs: jobsNow,
    waiting,
    prioritised,
    due,
    active,
    workers,
    // Of places that are all taken, each ends a job in the mean time of one.
    seconds_to_drain: (jobsNow * meanSeconds(done)) / places,
    oldest_seconds: Math.max(0, (atMs - oldestMs) / 1_000),
  };
}

/** How many processes work a queue. One Redis may hold several installations, each in a db of its own. */
export async function countWorkers(
  queue: Pick<OpenQueue, 'getWorkers'>,
  { REDIS_DB }: Pick<Config, 'REDIS_DB'>,
): Promise<number> {
  return (await queue.getWorkers()).filter(({ db }) => Number(db) === REDIS_DB).length;
}

const betweenLooksMs = 200;

/**
 * Whether any process works a queue. A worker whose connection was lost, or that drops one as silent, is away for a moment:
 * nobody is said to be there only after none was seen in this many looks, 200 ms apart.
 */
export async function isWorked(
  queue: Pick<OpenQueue, 'getWorkers'>,
  config: Pick<Config, 'REDIS_DB'>,
  looks = 2,
): Promise<boolean> {
  if ((await countWorkers(queue, config)) > 0) return true;
  if (looks === 1) return false;
  await sleep(betweenLooksMs);
  return isWorked(queue, config, looks - 1);
}

type Done = Readonly<{ processedOn?: number | undefined; finishedOn?: number | undefined }>;

/** How long the last jobs ran; before the first, a guess. */
function meanSeconds(done: readonly Done[]): number {
  const ranMs = done.map(({ processedOn = 0, finishedOn = 0 }) => Math.max(1, finishedOn - processedOn));
  return ranMs.length === 0 ? usualSeconds : ranMs.reduce((sum, ms) => sum + ms, 0) / ranMs.length / 1_000;
}
