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

type Awaited = { waiting: number; end: PromiseWithResolvers<JobEnding | undefined>; check: NodeJS.Timeout };

const checkEveryMs = 1_000;
const closeMs = 1_000;

/** Opens the listening. BullMQ's events may be missed, so a job that is waited for is also looked at every second. */
export function openJobAnswers(producer: Producer, connection: RedisConnection): JobAnswers {
  const awaited = new Map<string, Awaited>();
  const tell = (id: string, ending: JobEnding) => awaited.get(id)?.end.resolve(ending);
  const listening = new Map<string, QueueEvents>();
  const ended = Promise.withResolvers<undefined>();
  const look = async (queue: string, id: string) => {
    const job = await producer.queues.get(queue)?.getJob(id);
    if (!job?.finishedOn) return;
    // A job that was tried twice keeps the reason of its first failure, also when it has been done.
    const isFailed = await job.isFailed();
    tell(id, isFailed ? { isDone: false, reason: job.failedReason } : { isDone: true, result: job.returnvalue });
  };
  const wait = (queue: string, id: string): Awaited => {
    const quietly = () => void look(queue, id).catch(() => {});
    const fresh = {
      waiting: 0,
      end: Promise.withResolvers<JobEnding | undefined>(),
      check: setInterval(quietly, checkEveryMs),
    };
    awaited.set(id, fresh);
    const events = listening.get(queue) ?? openEvents(queue, connection, tell);
    listening.set(queue, events);
    // It may have ended before anyone listened.
    events.waitUntilReady().then(quietly, () => {});
    return fresh;
  };
  return {
    async endOf(queue, id, waitMs) {
      const job = awaited.get(id) ?? wait(queue, id);
      job.waiting += 1;
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => late.resolve(undefined), waitMs);
      const ending = await Promise.race([job.end.promise, late.promise, ended.promise]);
      clearTimeout(timer);
      job.waiting -= 1;
      if (job.waiting === 0) {
        clearInterval(job.check);
        awaited.delete(id);
      }
      return ending;
    },
    endWaits: () => ended.resolve(undefined),
    // BullMQ waits for a Redis that is away, or only just back, before it lets go.
    close: async () =>
      void (await Promise.allSettled(
        [...listening.values()].map((events) => within(closeMs, 'Redis', events.close())),
      )),
  };
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
