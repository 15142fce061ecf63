import { z } from 'zod';
import type { Config } from '../config.ts';
import { tenantOf } from '../jobs/define-job.ts';
import type { Producer } from '../jobs/enqueue.ts';
import { type Explain, type Placed, storedMs } from '../jobs/find-jobs.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import { countBefore, readDue } from '../jobs/place-in-line.ts';
import { laneOf } from '../jobs/queues.ts';
import { shardOfJob } from '../jobs/shards/sharded-queue.ts';
import type { Redis } from '../redis/client.ts';
import { type Guarded, reasonOfRest } from './breakers.ts';
import { isWorked } from './drain.ts';

/** What is looked at to tell why jobs do not run. */
type Watched = Guarded &
  Readonly<{
    jobs: Pick<Producer, 'queues' | 'jobsPerTenant' | 'shares' | 'laneShares'> & Readonly<{ definitions: Definitions }>;
    redis: Redis;
    config: Pick<Config, 'REDIS_DB'>;
  }>;

/** A job that calls one of several gateways names it, unless an older release has asked for it. */
const OfGateway = z.object({ gateway: z.string() });

/** Tells why jobs do not run, for one answer: what keeps a whole queue is read once. @throws when Redis is away. */
export function explainWaits(watched: Watched): Explain {
  const known = new Map<string, Promise<string | undefined>>();
  return async (placed) => {
    if (placed.state === 'delayed') return whyDelayed(watched, placed);
    if (placed.state !== 'waiting') return undefined;
    const { name } = placed.queue;
    const stop = known.get(name) ?? whyStopped(watched, placed.queue);
    known.set(name, stop);
    return (await stop) ?? whyWaiting(watched, placed);
  };
}

/** What keeps all that waits on a queue. */
async function whyStopped(watched: Watched, queue: Placed['queue']): Promise<string | undefined> {
  if (await queue.isPaused()) return `the queue ${queue.name} is paused`;
  const restMs = await queue.getRateLimitTtl();
  if (restMs > 0) return `the queue ${queue.name} rests for ${restMs} ms: ${await reasonOfRest(watched, queue.name)}`;
  if (await queue.isMaxed()) return whyFull(queue);
  if (!(await isWorked(queue, watched.config))) return `no process works the queue ${queue.name}`;
  return undefined;
}

function whyFull({ name }: Placed['queue']): string {
  return `as many jobs of the queue ${name} as may be are under way`;
}

/** Whose turn it is, where everything else goes on. */
async function whyWaiting({ jobs, redis }: Watched, { queue, job }: Placed): Promise<string> {
  const { name } = queue;
  // Each shard is as full as its part of the limit, and goes on by itself.
  if (await (await shardOfJob(queue, job.id ?? '')).isMaxed()) return whyFull(queue);
  const line = jobs.laneShares.has(name) ? `in the lane ${laneOf(job.priority)} of the queue` : 'on the queue';
  const whose = jobs.shares.has(name) && tenantOf(job.data) !== undefined ? 'its tenant’s turn' : 'its turn';
  const before = await countBefore(redis, queue, job.id ?? '');
  const count = before === undefined ? '' : `; jobs before it: ${before}`;
  return `${whose} ${line} ${name} has not come${count}`;
}

/** Why a job waits for a moment, or for others, and not in line. */
async function whyDelayed(watched: Watched, placed: Placed): Promise<string> {
  const { job, queue } = placed;
  const held = await whyHeld(watched, placed);
  if (held) return held;
  const dueMs = (await readDue(watched.redis, queue, job.id ?? '')) ?? job.timestamp + job.delay;
  const due = new Date(storedMs(dueMs)).toISOString();
  if (job.attemptsMade > 0) return `attempt ${job.attemptsMade} failed; the next one is not before ${due}`;
  if (job.attemptsStarted === 0) return `not before ${due}`;
  const why = watched.jobs.definitions.jobs.has(job.name)
    ? await reasonOfRest(watched, queue.name, OfGateway.safeParse(job.data).data?.gateway)
    : 'no process of this release knows its kind';
  return `what it needs rests, and others go on; not before ${due}: ${why}`;
}

/** Whether as many jobs of its tenant as may be are under way. */
async function whyHeld({ jobs }: Watched, { queue, job }: Placed): Promise<string | undefined> {
  const [limit, tenant] = [jobs.jobsPerTenant.get(queue.name), tenantOf(job.data)];
  if (!limit || tenant === undefined) return undefined;
  const before = await limit.countBefore({ tenant, id: job.id ?? '' });
  if (before === undefined) return undefined;
  return `as many of its tenant’s as may be are under way, ${limit.most}; of its jobs that are held for that, before it: ${before}`;
}
