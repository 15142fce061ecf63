import type { Job as QueuedJob, Queue } from 'bullmq';
import { within } from '../process/deadline.ts';
import type { Producer } from './enqueue.ts';

/** Where a job stands, in the words of `GET /jobs/{id}`; a prioritized one is `waiting`. */
export const jobStates = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
export type JobState = (typeof jobStates)[number];

/** A job that Redis holds, with what keeps it from running, if anything does. */
export type FoundJob = Readonly<{ job: QueuedJob; state: JobState; because: string | undefined }>;

/** Tells why a queue rests that does. @throws when Redis is away. */
export type ReasonOfRest = (queue: string) => Promise<string>;

const findDeadlineMs = 1_500;

/** Looks for a job on every queue. @throws when Redis does not answer within a second and a half. */
export async function findJob(
  { queues }: Producer,
  id: string,
  reasonOfRest: ReasonOfRest,
): Promise<FoundJob | undefined> {
  const found = await within(
    findDeadlineMs,
    'Redis',
    Promise.all([...queues.values()].map((queue) => findOn(queue, id, reasonOfRest))),
  );
  return found.find((job) => job !== undefined);
}

async function findOn(queue: Queue, id: string, reasonOfRest: ReasonOfRest): Promise<FoundJob | undefined> {
  const before = await queue.getJob(id);
  if (!before) return undefined;
  const state = toState(await before.getState());
  // The job was read before its state and may have ended in between: read again, it shows how.
  const job = state === 'completed' || state === 'failed' ? await queue.getJob(id) : before;
  return job && state ? { job, state, because: await becauseOf({ queue, job, state }, reasonOfRest) } : undefined;
}

function toState(state: string): JobState | undefined {
  // Jobs of ours have no children, so one that BullMQ does not know has just been removed.
  return state === 'prioritized' ? 'waiting' : jobStates.find((known) => known === state);
}

/** What keeps a job from running, if anything does. */
export async function becauseOf(
  { queue, job, state }: Readonly<{ queue: Queue; job: QueuedJob; state: JobState }>,
  reasonOfRest: ReasonOfRest,
): Promise<string | undefined> {
  if (state === 'delayed') {
    const startsAt = new Date(storedMs(job.timestamp + job.delay)).toISOString();
    if (job.attemptsMade === 0 && job.attemptsStarted > 0)
      return 'what it needs rests, or as many of its tenant’s as may be are under way; others go on';
    return job.attemptsMade > 0 ? `attempt ${job.attemptsMade} failed; the next one is due` : `not before ${startsAt}`;
  }
  if (state !== 'waiting') return undefined;
  if (await queue.isPaused()) return `the queue ${queue.name} is paused`;
  const restMs = await queue.getRateLimitTtl();
  if (restMs > 0) return `the queue ${queue.name} rests for ${restMs} ms: ${await reasonOfRest(queue.name)}`;
  return `its turn on the queue ${queue.name} has not come`;
}

/** Whether BullMQ has refused a change because the job is gone, locked, or in another state than it was a moment ago. */
export function isOvertaken(error: unknown): boolean {
  // Its scripts' refusals are the only errors that carry such a code.
  return error instanceof Error && 'code' in error && Number(error.code) < 0;
}

const latestMs = 8.64e15; // Beyond it, JavaScript has no dates.

/** A moment that BullMQ has stored, ms. What is none, in a job that has come apart, counts as the beginning of time. */
export function storedMs(ms: number): number {
  return ms >= 0 && ms <= latestMs ? Math.trunc(ms) : 0;
}
