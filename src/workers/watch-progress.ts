import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { OpenQueue } from '../jobs/enqueue.ts';
import { gatherIds } from '../jobs/shards/sharded-queue.ts';
import { within } from '../process/deadline.ts';
import type { QueueWorker } from './run-queue.ts';

/** A place in this process where a queue is worked, by a worker that can be replaced. */
export type Station = Readonly<{
  queue: string;
  worker(): QueueWorker;
  /** Puts a new worker in the place of one that does nothing any more. */
  renew(): void;
}>;

/** Mans a station. */
export function openStation(queue: string, open: () => QueueWorker): Station {
  let current = open();
  return {
    queue,
    worker: () => current,
    renew() {
      // One that has lost its connection may never close; what it still works on ends by itself, or is taken up by another.
      current.close().catch(() => {});
      current = open();
    },
  };
}

/** How long a job may be the next while nobody fetches it, and how often that is looked at, ms. */
export type Patience = Readonly<{ stuckMs: number; everyMs: number }>;

const usual: Patience = { stuckMs: 30_000, everyMs: 5_000 };
const askMs = 1_000;

type Looked = Readonly<{ started: number; next: string | undefined; sinceMs: number; isRenewed: boolean }>;

/** Whether jobs are fetched, looked at until the signal aborts. */
export type Watch = Readonly<{
  /** Whether a worker had to be made anew, and the new one has not fetched anything yet either. */
  isStuck(): boolean;
  run(signal: AbortSignal, giveUp: (queue: string) => void): Promise<void>;
}>;

/**
 * Watches that jobs are fetched: a connection that answers a ping proves nothing. Where one and the same job stays next in line
 * for half a minute while a worker here has room and fetches none, the worker is made anew; if the new one fetches none either,
 * `giveUp` is called.
 */
export function openWatch(
  stations: readonly Station[],
  { jobs, log, now }: Pick<Context, 'jobs' | 'log' | 'now'>,
  { stuckMs, everyMs }: Patience = usual,
): Watch {
  const looks = new Map<Station, Looked>();
  const look = async (station: Station, giveUp: (queue: string) => void) => {
    const [{ started, isFull }, last] = [station.worker().progress(), looks.get(station)];
    const next = isFull ? undefined : await nextOf(jobs.queues.get(station.queue), now().getTime());
    const hasMoved = next === undefined || next !== last?.next || started !== last.started;
    const isRenewed = last?.isRenewed === true && started === 0 && next !== undefined;
    const sinceMs = hasMoved ? performance.now() : last.sinceMs;
    looks.set(station, { started, next, sinceMs, isRenewed });
    if (performance.now() - sinceMs < stuckMs) return;
    log.error({ queue: station.queue, job: next, isRenewed }, 'jobs wait, and this worker fetches none');
    if (isRenewed) return giveUp(station.queue);
    station.renew();
    looks.set(station, { started: 0, next, sinceMs: performance.now(), isRenewed: true });
  };
  return {
    isStuck: () => [...looks.values()].some(({ isRenewed }) => isRenewed),
    async run(signal, giveUp) {
      while (!signal.aborted) {
        // With Redis away nothing is known, and nothing to be mended here.
        await Promise.all(stations.map((station) => look(station, giveUp).catch(() => looks.delete(station))));
        await sleep(everyMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}

/** A job that a worker with room would fetch now. */
async function nextOf(queue: OpenQueue | undefined, atMs: number): Promise<string | undefined> {
  if (!queue) return undefined;
  const firsts = gatherIds(queue, async (shard) => {
    const [isMaxed, [due = 0], ranges] = await Promise.all([
      shard.isMaxed(),
      shard.getCounts(['delayed'], atMs),
      shard.getRanges(['waiting', 'prioritized', 'delayed'], 0, 0, true),
    ]);
    const [[waiting], [prioritized], [delayed]] = [ranges[0] ?? [], ranges[1] ?? [], ranges[2] ?? []];
    const first = waiting ?? prioritized ?? (due > 0 ? delayed : undefined);
    // Each shard is as full as its part of the limit, whatever the others have room for.
    return isMaxed || first === undefined ? [] : [first];
  });
  const asking = Promise.all([queue.isPaused(), queue.getRateLimitTtl(), firsts]);
  const [isPaused, restMs, [next]] = await within(askMs, 'Redis', asking);
  return isPaused || restMs > 0 ? undefined : next;
}
