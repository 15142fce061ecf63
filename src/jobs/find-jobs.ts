import type { Job as QueuedJob, Queue } from 'bullmq';
import { within } from '../process/deadline.ts';
import type { Producer } from './enqueue.ts';

/** Where a job stands, in the words of `GET /jobs/{id}`; a prioritized one is `waiting`. */
export const jobStates = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
export type JobState = (typeof jobStates)[number];

/** A job that Redis holds, with what keeps it from running, if anything does. */
export type FoundJob = Readonly<{ job: QueuedJob; state: JobState; because: string | undefined }>;

const findDeadlineMs = 1_500;

/** Looks for a job on every queue. @throws when Redis does not answer within a second and a half. */
export async function findJob({ queues }: Producer, id: string): Promise<FoundJob | undefined> {
  const found = await within(
    findDeadlineMs,
    'Redis',
    Promise.all([...queues.values()].map((queue) => findOn(queue, id))),
  );
  return found.find((job) => job !== undefined);
}

async function findOn(queue: Queue, id: string): Promise<FoundJob | undefined> {
  const before = await queue.getJob(id);
  if (!before) return undefined;
  const state = toState(await before.getState());
  // The job was read before its state and may have ended in between: read again, it shows how.
  const job = state === 'completed' || state === 'failed' ? await queue.getJob(id) : before;
  return job && state ? { job, state, because: await becauseOf(queue, job, state) } : undefined;
}

function toState(state: string): JobState | undefined {
  // Jobs of ours have no children, so one that BullMQ does not know has just been removed.
  return state === 'prioritized' ? 'waiting' : jobStates.find((known) => known === state);
}

/** What keeps a job from running, if anything does. */
async function becauseOf(queue: Queue, job: QueuedJob, state: JobState): Promise<string | undefined> {
  if (state === 'delayed') {
    const startsAt = new Date(storedMs(job.timestamp + job.delay)).toISOString();
    if (job.attemptsMade === 0 && job.attemptsStarted > 0) return 'what it needs rests; others on its queue go on';
    return job.attemptsMade > 0 ? `attempt ${job.attemptsMade} failed; the next one is due` : `not before ${startsAt}`;
  }
  if (state !== 'waiting') return undefined;
  if (await queue.isPaused()) return `the queue ${queue.name} is paused`;
  const restMs = await queue.getRateLimitTtl();
  if (restMs > 0) return `the queue ${queue.name} rests for ${restMs} ms: its plan is used up for now`;
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

/** What is looked for: jobs of a kind, in a state, that carry one of `keys` in their payload or as their id. */
export type JobSearch = Readonly<{
  /** The queues to look in. */
  queues: readonly string[];
  kind: string | undefined;
  /** What is looked for in payloads and ids, in each spelling; undefined: anything. */
  keys: readonly string[] | undefined;
  state: JobState | undefined;
  /** Jobs that are looked at whatever comes before them, by their ids. */
  ids: readonly string[];
  /** Where the page before ended. */
  before: Position | undefined;
  limit: number;
}>;

/** A job's place in the answer: newest first. */
export type Position = Readonly<{ atMs: number; id: string }>;

const searchDeadlineMs = 3_000;
// So many jobs are read from Redis for one search, newest first, shared by the lists that are looked at.
const mostRead = 3_000;

/** The newest jobs that fit, one more than `limit` if there are more. @throws when Redis does not answer in time. */
export async function searchJobs(producer: Producer, search: JobSearch): Promise<readonly FoundJob[]> {
  return within(searchDeadlineMs, 'Redis', look(producer, search));
}

type Seen = Readonly<{ job: QueuedJob; queue: Queue; state: JobState }>;

async function look({ queues }: Producer, search: JobSearch): Promise<readonly FoundJob[]> {
  const states = search.state === undefined ? jobStates : [search.state];
  const lists = search.queues.flatMap((name) => states.map((state) => ({ queue: queues.get(name), state })));
  const each = Math.ceil(mostRead / Math.max(1, lists.length));
  const found = await Promise.all([
    ...lists.flatMap(({ queue, state }) => (queue ? [listOf(queue, state, each)] : [])),
    ...search.queues.flatMap((name) => search.ids.map((id) => seenById(queues.get(name), id, states))),
  ]);
  const seen = found.flat();
  const unique = [...new Map(seen.map((some) => [`${some.queue.name} ${some.job.id}`, some])).values()];
  const page = unique
    .filter((some) => fits(some.job, search))
    .toSorted((a, b) => compare(positionOf(b.job), positionOf(a.job)))
    .slice(0, search.limit + 1);
  return Promise.all(
    page.map(async ({ job, queue, state }) => ({ job, state, because: await becauseOf(queue, job, state) })),
  );
}

async function listOf(queue: Queue, state: JobState, count: number): Promise<Seen[]> {
  const types = state === 'waiting' ? (['waiting', 'prioritized'] as const) : ([state] as const);
  const jobs = await queue.getJobs([...types], 0, count - 1, false);
  return jobs.map((job) => ({ job, queue, state }));
}

async function seenById(queue: Queue | undefined, id: string, states: readonly JobState[]): Promise<Seen[]> {
  const job = await queue?.getJob(id);
  if (!queue || !job) return [];
  const known = await job.getState();
  const state = states.find((one) => one === (known === 'prioritized' ? 'waiting' : known));
  return state ? [{ job, queue, state }] : [];
}

function fits(job: QueuedJob, { kind, keys, ids, before }: JobSearch): boolean {
  if (kind !== undefined && job.name !== kind) return false;
  if (before && compare(positionOf(job), before) >= 0) return false;
  return keys === undefined || ids.includes(job.id ?? '') || keys.some((key) => carries(job, key));
}

/** Where a job stands in the answer. */
export function positionOf({ timestamp, id }: QueuedJob): Position {
  return { atMs: storedMs(timestamp), id: id ?? '' };
}

function compare(a: Position, b: Position): number {
  return a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function carries({ id, data }: QueuedJob, key: string): boolean {
  const wanted = key.toLowerCase();
  const payload: unknown = data;
  const values: readonly unknown[] = typeof payload === 'object' && payload !== null ? Object.values(payload) : [];
  return id === key || values.some((value) => typeof value === 'string' && value.toLowerCase() === wanted);
}
