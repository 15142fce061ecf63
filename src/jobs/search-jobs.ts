import type { Queue } from 'bullmq';
import { within } from '../process/deadline.ts';
import type { Redis } from '../redis/client.ts';
import type { Producer } from './enqueue.ts';
import { keyOfJob } from './shards/sharded-queue.ts';
import { type Explain, type FoundJob, type JobState, jobStates, storedMs } from './find-jobs.ts';

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
// So many jobs are glanced at for one search, shared by the lists that are looked at: of each the newest.
const mostSeen = 3_000;
// Jobs may go while they are being read: some more than a page are.
const spare = 5;

type Listed = Readonly<{ queue: Queue; state: JobState; id: string }>;
type Seen = Listed & Readonly<{ name: string; atMs: number; data: string }>;

/** Where jobs are looked for, and who tells why they do not run. */
type Searched = Readonly<{ jobs: Producer; redis: Redis; explain: Explain }>;

/** The newest jobs that fit, one more than `limit` if there are more. @throws when Redis does not answer in time. */
export async function searchJobs(searched: Searched, search: JobSearch): Promise<readonly FoundJob[]> {
  return within(searchDeadlineMs, 'Redis', look(searched, search));
}

async function look({ jobs, redis, explain }: Searched, search: JobSearch) {
  const listed = await listsOf(jobs, search);
  const unique = [...new Map(listed.map((some) => [`${some.queue.name} ${some.id}`, some])).values()];
  // Of all but the page only what decides is read: a job whole is many times that.
  const seen = await Promise.all(unique.map((some) => glance(redis, some, search.keys !== undefined)));
  const page = seen
    .filter((some) => some !== undefined)
    .filter((some) => fits(some, search))
    .toSorted((a, b) => compare(b, a))
    .slice(0, search.limit + 1 + spare);
  const found = await Promise.all(page.map((some) => whole(some, explain)));
  return found.filter((job) => job !== undefined).slice(0, search.limit + 1);
}

async function listsOf({ queues }: Producer, search: JobSearch): Promise<readonly Listed[]> {
  const states = search.state === undefined ? jobStates : [search.state];
  const known = search.queues.flatMap((name) => queues.get(name) ?? []);
  const lists = (await Promise.all(known.map((queue) => lengthsOf(queue, states)))).flat();
  const shares = shareOut(
    mostSeen,
    lists.map(({ length }) => length),
  );
  const found = await Promise.all([
    ...lists.map((list, place) => listOf(list, shares[place] ?? 1)),
    ...search.queues.flatMap((name) => search.ids.map((id) => listedById(queues.get(name), id, states))),
  ]);
  return found.flat();
}

/** The jobs of a queue in a state, so many. */
type List = Readonly<{ queue: Queue; state: JobState; length: number }>;

async function lengthsOf(queue: Queue, states: readonly JobState[]): Promise<readonly List[]> {
  const counts = await queue.getJobCounts('prioritized', ...states);
  return states.map((state) => {
    const length = (counts[state] ?? 0) + (state === 'waiting' ? (counts['prioritized'] ?? 0) : 0);
    // Others may come before it is read.
    return { queue, state, length: length + spare };
  });
}

/** Shares a number out by need: each has what it needs, and those that need more share alike what is left. At least one each. */
function shareOut(total: number, needs: readonly number[]): readonly number[] {
  const shares = needs.map(() => 1);
  let left = total;
  const smallestFirst = needs.map((need, place) => ({ need, place })).toSorted((a, b) => a.need - b.need);
  smallestFirst.forEach(({ need, place }, done) => {
    const share = Math.max(1, Math.min(need, Math.floor(left / (needs.length - done))));
    shares[place] = share;
    left -= share;
  });
  return shares;
}

async function listOf({ queue, state, length }: List, count: number): Promise<Listed[]> {
  const ids = state === 'waiting' ? await waitingIds(queue, count, length) : await lastIds(queue, [state], count);
  return ids.map((id) => ({ queue, state, id }));
}

async function waitingIds(queue: Queue, count: number, length: number): Promise<string[]> {
  if (count >= length) return lastIds(queue, ['waiting', 'prioritized'], count);
  // What came last has its place at the end of a backlog where it belongs to it, and in front of it where it is somebody else's.
  const half = Math.ceil(count / 2);
  const parts = await Promise.all([
    lastIds(queue, ['waiting'], count),
    lastIds(queue, ['prioritized'], half),
    queue.getRanges(['prioritized'], 0, half - 1, true),
  ]);
  return parts.flat();
}

function lastIds(queue: Queue, types: (JobState | 'prioritized')[], count: number): Promise<string[]> {
  return queue.getRanges(types, 0, count - 1, false);
}

async function listedById(queue: Queue | undefined, id: string, states: readonly JobState[]): Promise<Listed[]> {
  if (!queue) return [];
  const known = await queue.getJobState(id);
  const state = states.find((one) => one === (known === 'prioritized' ? 'waiting' : known));
  return state ? [{ queue, state, id }] : [];
}

async function glance(redis: Redis, listed: Listed, wantsData: boolean): Promise<Seen | undefined> {
  const fields = ['name', 'timestamp', ...(wantsData ? ['data'] : [])];
  const [name, at, data] = await redis.hmget(await keyOfJob(listed.queue, listed.id), ...fields).catch(refuseAll);
  if (!name) return undefined;
  return { ...listed, name, atMs: storedMs(Number.parseInt(at ?? '', 10)), data: data ?? '' };
}

/** What is no job's hash is passed over. */
function refuseAll(error: Error): (string | null)[] {
  if (error.message.startsWith('WRONGTYPE')) return [];
  throw error;
}

async function whole({ queue, state, id }: Listed, explain: Explain): Promise<FoundJob | undefined> {
  const job = await queue.getJob(id);
  return job && { job, state, because: await explain({ queue, job, state }) };
}

function fits(seen: Seen, { kind, keys, ids, before }: JobSearch): boolean {
  if (kind !== undefined && seen.name !== kind) return false;
  if (before && compare(seen, before) >= 0) return false;
  return keys === undefined || ids.includes(seen.id) || keys.some((key) => carries(seen, key));
}

/** Where a job stands in the answer. */
export function positionOf({ job }: FoundJob): Position {
  return { atMs: storedMs(job.timestamp), id: job.id ?? '' };
}

function compare(a: Position, b: Position): number {
  return a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function carries({ id, data }: Seen, key: string): boolean {
  const wanted = key.toLowerCase();
  if (id === key) return true;
  if (!data.toLowerCase().includes(wanted)) return false;
  return valuesOf(data).some((value) => typeof value === 'string' && value.toLowerCase() === wanted);
}

/** What stands in a payload; one that has come apart holds nothing. */
function valuesOf(data: string): readonly unknown[] {
  try {
    const payload: unknown = JSON.parse(data);
    return typeof payload === 'object' && payload !== null ? Object.values(payload) : [];
  } catch {
    return [];
  }
}
