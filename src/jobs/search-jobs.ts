import { within } from '../deadline.ts';
import type { Producer } from './enqueue.ts';
import { becauseOf, type FoundJob, type JobState, jobStates, storedMs } from './find-job.ts';

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

const deadlineMs = 3_000;
// So many jobs are read from Redis for one search, newest first, shared by the lists that are looked at.
const mostRead = 3_000;

/** The newest jobs that fit, one more than `limit` if there are more. @throws when Redis does not answer in time. */
export async function searchJobs(producer: Producer, search: JobSearch): Promise<readonly FoundJob[]> {
  return within(deadlineMs, 'Redis', look(producer, search));
}

type QueuedJob = FoundJob['job'];
type Queue = NonNullable<ReturnType<Producer['queues']['get']>>;
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
