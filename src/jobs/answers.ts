import { QueueEvents } from 'bullmq';
import { within } from '../process/deadline.ts';
import type { Producer } from './enqueue.ts';
import { blockMs, forBullmq, prefixOf, type RedisConnection } from '../redis/connection.ts';

/** How a job ended: its result, or why it failed. */
export type JobEnding = Readonly<{ isDone: true; result: unknown } | { isDone: false; reason: string }>;

/** Waits for the ends of jobs, with one listening connection a queue however many wait, from the first wait on. */
export type JobAnswers = Readonly<{
  /** How the job ended, or undefined when it has not within `waitMs`. */
  endOf(queue: string, id: string, waitMs: number): Promise<JobEnding | undefined>;
  /** Tells all who wait, and whoever would, that their job has not ended. */
  endWaits(): void;
  close(): Promise<void>;
}>;

// Who waits is told by a call of its own: a promise that outlives the wait would keep whatever was raced with it.
type Waiters = Set<(ending: JobEnding | undefined) => void>;
type Awaited = Readonly<{ waiters: Waiters; check: NodeJS.Timeout }>;

const checkEveryMs = 1_000;
const closeMs = 1_000;

/** Opens the listening. BullMQ's events may be missed, so a job that is waited for is also looked at every second. */
export function openJobAnswers(producer: Producer, connection: RedisConnection): JobAnswers {
  const awaited = new Map<string, Awaited>();
  const forget = (id: string, job: Awaited) => {
    clearInterval(job.check);
    if (awaited.get(id) === job) awaited.delete(id);
  };
  const tell = (id: string, ending: JobEnding | undefined) => {
    const job = awaited.get(id);
    if (!job) return;
    // Who asks from now on looks anew.
    forget(id, job);
    for (const waiter of job.waiters) waiter(ending);
  };
  const listening = new Map<string, QueueEvents>();
  let hasEnded = false;
  const look = async (queue: string, id: string) => {
    const job = await producer.queues.get(queue)?.getJob(id);
    if (!job?.finishedOn) return;
    // A job that was tried twice keeps the reason of its first failure, also when it has been done.
    const isFailed = await job.isFailed();
    tell(id, isFailed ? { isDone: false, reason: job.failedReason } : { isDone: true, result: job.returnvalue });
  };
  const wait = (queue: string, id: string): Awaited => {
    const quietly = () => void look(queue, id).catch(() => {});
    const fresh: Awaited = { waiters: new Set(), check: setInterval(quietly, checkEveryMs) };
    awaited.set(id, fresh);
    const events = listening.get(queue) ?? openEvents(queue, connection, tell);
    listening.set(queue, events);
    // It may have ended before anyone listened.
    events.waitUntilReady().then(quietly, () => {});
    return fresh;
  };
  return {
    async endOf(queue, id, waitMs) {
      if (hasEnded) return undefined;
      const job = awaited.get(id) ?? wait(queue, id);
      const ending = await waitAmong(job.waiters, waitMs);
      if (job.waiters.size === 0) forget(id, job);
      return ending;
    },
    endWaits() {
      hasEnded = true;
      for (const id of awaited.keys()) tell(id, undefined);
    },
    // BullMQ waits for a Redis that is away, or only just back, before it lets go.
    close: async () =>
      void (await Promise.allSettled(
        [...listening.values()].map((events) => within(closeMs, 'Redis', events.close())),
      )),
  };
}

async function waitAmong(waiters: Waiters, waitMs: number): Promise<JobEnding | undefined> {
  const { promise, resolve } = Promise.withResolvers<JobEnding | undefined>();
  waiters.add(resolve);
  const late = setTimeout(() => resolve(undefined), waitMs);
  const ending = await promise;
  clearTimeout(late);
  waiters.delete(resolve);
  return ending;
}

function openEvents(
  queue: string,
  connection: RedisConnection,
  tell: (id: string, ending: JobEnding) => void,
): QueueEvents {
  const events = new QueueEvents(queue, {
    connection: forBullmq(connection),
    prefix: prefixOf(connection, queue),
    blockingTimeout: blockMs,
  });
  events.on('completed', ({ jobId, returnvalue }) => tell(jobId, { isDone: true, result: returnvalue }));
  events.on('failed', ({ jobId, failedReason }) => tell(jobId, { isDone: false, reason: failedReason }));
  // An outage is over when it is over; who waits meanwhile runs into the time they named.
  events.on('error', () => {});
  return events;
}
