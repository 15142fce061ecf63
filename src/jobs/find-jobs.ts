import type { Job as QueuedJob, Queue } from 'bullmq';
import { within } from '../process/deadline.ts';
import type { Redis } from '../redis/client.ts';
import type { Producer } from './enqueue.ts';
import { keyOfJob } from './shards/sharded-queue.ts';

/** Where a job stands, in the words of `GET /jobs/{id}`; a prioritized one is `waiting`. */
export const jobStates = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
export type JobState = (typeof jobStates)[number];

/** A job that Redis holds, with what keeps it from running, if anything does. */
export type FoundJob = Readonly<{ job: QueuedJob; state: JobState; because: string | undefined }>;

/** A job where it stands. */
export type Placed = Readonly<{ queue: Queue; job: QueuedJob; state: JobState }>;

/** Tells what keeps a job from running, if anything does. @throws when Redis is away. */
export type Explain = (placed: Placed) => Promise<string | undefined>;

const findDeadlineMs = 1_500;

/** Looks for a job on every queue. @throws when Redis does not answer within a second and a half. */
export async function findJob({ queues }: Producer, id: string, explain: Explain): Promise<FoundJob | undefined> {
  const found = await within(
    findDeadlineMs,
    'Redis',
    Promise.all([...queues.values()].map((queue) => findOn(queue, id, explain))),
  );
  return found.find((job) => job !== undefined);
}

async function findOn(queue: Queue, id: string, explain: Explain): Promise<FoundJob | undefined> {
  const before = await queue.getJob(id);
  if (!before) return undefined;
  const state = toState(await before.getState());
  // The job was read before its state and may have ended in between: read again, it shows how.
  const job = state === 'completed' || state === 'failed' ? await queue.getJob(id) : before;
  return job && state ? { job, state, because: await explain({ queue, job, state }) } : undefined;
}

function toState(state: string): JobState | undefined {
  // Jobs of ours have no children, so one that BullMQ does not know has just been removed.
  return state === 'prioritized' ? 'waiting' : jobStates.find((known) => known === state);
}

/** Whether BullMQ has refused a change because the job is gone, locked, or in another state than it was a moment ago. */
export function isOvertaken(error: unknown): boolean {
  // Its scripts' refusals are the only errors that carry such a code.
  return error instanceof Error && 'code' in error && Number(error.code) < 0;
}

/**
 * Has a failed job tried as if it had never been. BullMQ forgets the attempts, but not how many processes it has cost: it would be
 * given up again at once.
 */
export async function startAnew(redis: Redis, { queues }: Producer, job: QueuedJob): Promise<void> {
  const queue = queues.get(job.queueName);
  if (queue) await redis.hdel(await keyOfJob(queue, job.id ?? ''), 'stc');
  await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
}

/** When a job could run first, ms; a scheduled one is stored long before. */
export function dueMs({ timestamp, opts: { delay = 0 } }: Pick<QueuedJob, 'timestamp' | 'opts'>): number {
  return timestamp + delay;
}

const latestMs = 8.64e15; // Beyond it, JavaScript has no dates.

/** A moment that BullMQ has stored, ms. What is none, in a job that has come apart, counts as the beginning of time. */
export function storedMs(ms: number): number {
  return ms >= 0 && ms <= latestMs ? Math.trunc(ms) : 0;
}
