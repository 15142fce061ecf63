import { randomUUIDv7 } from 'node:crypto';
import { createRedisBackend, type Job, type JobsOptions, type JobType, Queue, QueueKeys, type Telemetry } from 'bullmq';
import type { z } from 'zod';
import { within } from '../process/deadline.ts';
import { addDeadlineMs, type Door, openEntrance, type SharedPlaces } from './entrance.ts';
import { countProducers, producerName } from './count-producers.ts';
import { type Lane, priorityOf, type QueueDefinition, queues, restMax } from './queues.ts';
import { type JobsPerTenant, openJobsPerTenant } from './jobs-per-tenant.ts';
import { openLaneShares } from './lane-shares.ts';
import { openQueueShares, type QueueShares } from './queue-shares.ts';
import { type Added, openShares, type Tenant, type Weights } from './shares.ts';
import { listShards, overShards, shardsOf } from './shards/sharded-queue.ts';
import { openShards, type Shards } from './shards/shards.ts';
import type { Redis } from '../redis/client.ts';
import { changePatience, openConnection, prefixOf, type RedisConnection } from '../redis/connection.ts';
import { type JobContract, jobData, tenantOf } from './define-job.ts';
import { StoredJob } from './stored-job.ts';

/** A job ready to be added: its kind's contract, its id, its parsed payload, and the `traceparent` of what asked for it. */
export type QueuedJob = Readonly<{ job: JobContract; id: string; payload: unknown; trace?: string | null }>;

/**
 * Adds one job and returns its id, or the id of the unfinished job it coalesces with. It waits in its lane, by default the
 * first; whoever joins a job that waits in a later lane brings it forward to their own. On a queue that tenants share, it waits for
 * its tenant's turn.
 */
export type Enqueue = <P extends z.ZodType>(
  job: JobContract<P>,
  payload: z.input<P>,
  options?: Readonly<{ lane?: Lane; tenant?: Tenant }>,
) => Promise<string>;

/** Which of these jobs a queue holds that have not finished. */
export type FindLive = (queue: string, ids: readonly string[]) => Promise<readonly string[]>;

/** The unfinished job with which a job of this kind and payload would be one, if there is any. @throws when Redis does not answer. */
export type FindJoined = (job: JobContract, payload: unknown) => Promise<string | undefined>;

/** A queue that is open, BullMQ's own. */
export type OpenQueue = Queue;

/** Adds jobs to their queues. The queues are BullMQ's own, for reading and for Bull Board. */
export type Producer = SharedPlaces &
  Readonly<{
    queues: ReadonlyMap<string, OpenQueue>;
    /** Of queues that may be several of BullMQ's. */
    shards: ReadonlyMap<string, Shards>;
    /** Of queues on which tenants may have so many jobs under way at once. */
    jobsPerTenant: ReadonlyMap<string, JobsPerTenant>;
    enqueue: Enqueue;
    /** Adds jobs whose ids are already minted; adding one again that Redis still holds does nothing. */
    enqueueAll(jobs: readonly QueuedJob[]): Promise<void>;
    /** Which of these jobs the queue holds unfinished. */
    findLive: FindLive;
    findJoined: FindJoined;
    close(): Promise<void>;
  }>;

const keptSeconds = 24 * 3_600;
// A day of a free plan's fetches; more than that would be a burden to Redis before it was a help to anyone.
const keptJobs = 100_000;

/** A queue that reads its jobs whatever has become of them. */
class TolerantQueue extends Queue {
  protected override get Job(): typeof Job {
    return StoredJob;
  }

  /** For how long the queue rests, ms. BullMQ, told no limit, takes any count of jobs for a rest; ours is never reached. */
  override async getRateLimitTtl(max?: number): Promise<number> {
    return super.getRateLimitTtl(max ?? (await this.getGlobalRateLimit())?.max ?? restMax);
  }

  override async getRanges(types: JobType[], start = 0, end = 1, asc = false): Promise<string[]> {
    const ids = await listShards(this, types, { start, end, isOldestFirst: asc });
    return ids ? [...ids] : super.getRanges(types, start, end, asc);
  }

  // BullMQ's own reads all jobs in one script, which fails as a whole when something else stands in the place of one.
  override async getJobs(types: JobType | JobType[] = everyType, start = 0, end = -1, asc = false) {
    const ids = await this.getRanges(Array.isArray(types) ? types : [types], start, end, asc);
    const jobs = await Promise.all(ids.map((id) => this.getJob(id)));
    return jobs.filter((job) => job !== undefined);
  }
}

const everyType: JobType[] = ['active', 'completed', 'delayed', 'failed', 'prioritized', 'waiting'];

/** What queues are opened with: into how many shards jobs are divided where they are, and how much of a queue is whose. */
export type Opening = Readonly<{
  telemetry?: Telemetry | undefined;
  weights?: Weights | undefined;
  shards?: number;
  /** So many jobs of a tenant may be under way at once, on a queue that is shared as a whole. */
  jobsPerTenant?: number | undefined;
}>;

/** Opens the queues for adding and reading. It answers, with an error, also while Redis is away. */
export function openProducer(connection: RedisConnection, opening: Opening = {}): Producer {
  const lines = queues.map((definition) => openQueue(definition, connection, opening));
  const opened = new Map(lines.map(({ queue }) => [queue.name, queue]));
  const shares = byQueue(lines, ({ shares: ofQueue }) => ofQueue);
  const laneShares = byQueue(lines, ({ laneShares: ofQueue }) => ofQueue);
  const { enter, findPlace } = openEntrance({ shares, laneShares });
  const doorOf = (job: JobContract, payload: unknown) => {
    const line = lines.find(({ queue }) => queue.name === job.queue.name);
    if (!line) throw new Error(`'${job.kind}' names the queue '${job.queue.name}'; add it to queues.ts`);
    return line.doorFor(payload);
  };
  return {
    queues: opened,
    shards: byQueue(lines, ({ shards }) => shards),
    jobsPerTenant: byQueue(lines, ({ jobsPerTenant }) => jobsPerTenant),
    shares,
    laneShares,
    async enqueue(job, payload, { lane = job.lane ?? 'logged_in', tenant } = {}) {
      const parsed = job.payload.parse(payload);
      const [door, id] = [doorOf(job, parsed), randomUUIDv7()];
      const options = { ...optionsOf(job, parsed, id), ...placeIn(lane) };
      const owner = shares.has(door.queue.name) ? tenant : undefined;
      const added = await enter(door, { jobs: 1, tenant: owner }, (entry) =>
        door.queue.add(job.kind, jobData(job, parsed, owner), { ...options, ...entry }),
      );
      if (added.id === undefined) throw new Error(`BullMQ gave no id to a '${job.kind}'`);
      await findPlace(door.queue, { id: added.id, lane, tenant, isNew: added.id === id });
      return added.id;
    },
    async enqueueAll(jobs) {
      const perDoor = Map.groupBy(jobs, ({ job, payload }) => doorOf(job, payload));
      const adding = [...perDoor].map(([door, some]) =>
        enter(door, addedOf(some), (entry) => door.queue.addBulk(some.map((one) => inBulk(one, entry)))),
      );
      await Promise.all(adding);
    },
    ...openFinding(opened),
    async close() {
      await Promise.allSettled(lines.map((line) => line.close()));
    },
  };
}

/** Finds jobs that have not finished. */
function openFinding(opened: Producer['queues']): Pick<Producer, 'findLive' | 'findJoined'> {
  const findLive: FindLive = async (name, ids) => {
    const queue = opened.get(name);
    if (!queue) return [];
    const found = await within(addDeadlineMs, 'Redis', Promise.all(ids.map((id) => queue.getJob(id))));
    return found.flatMap((job) => (job?.id && !job.finishedOn ? [job.id] : []));
  };
  return {
    findLive,
    async findJoined(job, payload) {
      const queue = opened.get(job.queue.name);
      const place = optionsOf(job, payload).deduplication?.id;
      if (!queue || place === undefined) return undefined;
      const asking = shardsOf(queue).map((shard) => shard.getDeduplicationJobId(place));
      const ids = await within(addDeadlineMs, 'Redis', Promise.all(asking));
      const [live] = await findLive(
        queue.name,
        ids.filter((id) => id !== null),
      );
      return live;
    },
  };
}

function addedOf(jobs: readonly QueuedJob[]): Added {
  const [tenant, ...others] = new Set(jobs.map(({ payload }) => tenantOf(payload)));
  return { jobs: jobs.length, tenant: others.length === 0 ? tenant : undefined };
}

function inBulk({ job, id, payload, trace }: QueuedJob, entry: JobsOptions) {
  return { name: job.kind, data: payload, opts: { ...optionsOf(job, payload, id), ...causedBy(trace), ...entry } };
}

/** BullMQ's options of one job, from its contract. */
export function optionsOf<P extends z.ZodType>(job: JobContract<P>, payload: z.output<P>, id?: string): JobsOptions {
  return {
    ...(id ? { jobId: id } : {}),
    attempts: job.attempts,
    backoff: { type: 'capped', delay: job.backoffMs },
    removeOnComplete: { age: keptSeconds, count: keptJobs },
    removeOnFail: { age: keptSeconds, count: keptJobs },
    stackTraceLimit: 5,
    ...placeIn(job.lane),
    ...coalescing(job, payload),
  };
}

function coalescing<P extends z.ZodType>(job: JobContract<P>, payload: z.output<P>): JobsOptions {
  const { kind, followsActive: keepLastIfActive = false } = job;
  return job.coalesceBy
    ? { deduplication: { id: `${kind}-${job.coalesceBy(payload)}`, ...(keepLastIfActive && { keepLastIfActive }) } }
    : {};
}

/** BullMQ takes zero for none. */
function placeIn(lane: Lane = 'logged_in'): JobsOptions {
  return { priority: priorityOf(lane) };
}

/** What its worker's trace goes on from, as bullmq-otel writes it. */
function causedBy(traceparent: string | null | undefined): Pick<JobsOptions, 'telemetry'> {
  return traceparent ? { telemetry: { metadata: JSON.stringify({ traceparent }) } } : {};
}

type Opened = ReturnType<typeof openQueue>;

function byQueue<T>(lines: readonly Opened[], of: (line: Opened) => T | undefined): ReadonlyMap<string, T> {
  return new Map(
    lines.flatMap((line) => {
      const some = of(line);
      return some === undefined ? [] : [[line.queue.name, some] as const];
    }),
  );
}

function openQueue(
  definition: QueueDefinition,
  connection: RedisConnection,
  { telemetry, weights, shards: used = 1, jobsPerTenant: most }: Opening,
) {
  const { name, isShared, shardedBy } = definition;
  // Were BullMQ's very first command to fail, the queue would refuse every later one for it. So that one is given all the
  // time it takes; from then on commands fail fast.
  const connectionName = producerName(name);
  const { commandTimeout: _, ...patient } = { ...connection, connectionName, maxRetriesPerRequest: null };
  const redis = openConnection(connection.cluster ? { ...patient, enableOfflineQueue: true } : patient);
  const prefix = prefixOf(connection, name);
  const shards = shardedBy ? openShards(redis, connection, name, { used, by: shardedBy }) : undefined;
  const options = { connection: redis, prefix, ...(telemetry && { telemetry }) };
  const queue = new TolerantQueue(
    name,
    options,
    shards ? overShards({ shards, connect: undefined }) : createRedisBackend,
  );
  const becomeImpatient = () => changePatience(redis, connection);
  queue.waitUntilReady().then(becomeImpatient, () => {});
  // An outage is reported by each call that fails; without listeners it would end the process.
  redis.on('error', () => {});
  queue.on('error', () => {});
  const keyOf = (key: string) => queue.toKey(key);
  const doors: Door[] = [];
  const doorFor = (payload: unknown): Door => {
    const shard = shards?.choose(payload) ?? 0;
    return (doors[shard] ??= { queue, shard });
  };
  return {
    queue,
    doorFor,
    shards,
    jobsPerTenant: isShared === 'whole' && most !== undefined ? openJobsPerTenant(redis, name, most) : undefined,
    shares: isShared === 'whole' ? openWhole(redis, { name, prefix, shards, weights }) : undefined,
    laneShares: isShared === 'by_lane' ? openLaneShares(redis, keyOf, weights) : undefined,
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}

type Whole = Readonly<{ name: string; prefix: string; shards: Shards | undefined; weights: Weights | undefined }>;

/** Opens the places of a queue that is shared as a whole: of each of its shards. */
function openWhole(redis: Redis, { name, prefix, shards, weights }: Whole): QueueShares {
  return openQueueShares({
    known: () => shards?.known() ?? 1,
    open(shard) {
      const line = new QueueKeys(shards?.prefixOf(shard) ?? prefix);
      return openShares(redis, (key) => line.toKey(name, key), weights);
    },
    countProducers: () => countProducers(redis, name),
  });
}
