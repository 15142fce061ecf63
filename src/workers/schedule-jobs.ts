import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Context, JobContext } from '../context.ts';
import { type Job, jobData } from '../jobs/define-job.ts';
import { optionsOf } from '../jobs/enqueue.ts';
import { finnhub, priorityOf } from '../jobs/queues.ts';
import { clockMs } from '../redis/clock.ts';
import { loadScript } from '../redis/scripts.ts';

type OurJob = Job<z.ZodType, z.ZodType, JobContext>;
type Planned = Readonly<{ id: string; job: OurJob; payload: unknown; everyMs: number; offsetMs?: number }>;

const lockKey = 'orderflow:scheduling';
const lockMs = 10_000;
const unlock = loadScript(new URL('./schedule-jobs/unlock.lua', import.meta.url), ['lock', 'token']);

/**
 * Makes BullMQ's schedulers what the job kinds say: what runs by itself has one, and no other exists. One process does so
 * at a time, and answers true; the others answer false. A process that dies over it blocks the others for ten seconds.
 */
export async function scheduleJobs(context: Context): Promise<boolean> {
  const {
    jobs: { definitions },
    redis,
  } = context;
  const token = randomUUID();
  if ((await redis.set(lockKey, token, 'PX', lockMs, 'NX')) === null) return false;
  try {
    const schedules: Planned[] = [];
    for (const job of definitions.jobs.values()) schedules.push(...(await schedulesOf(job, context)));
    await reconcile(context, schedules);
  } finally {
    await unlock(redis, { lock: lockKey, token });
  }
  return true;
}

// It may be done by two at once after all, if the first is slow: each step is harmless twice.
async function reconcile({ jobs, redis }: Context, schedules: readonly Planned[]): Promise<void> {
  const atMs = await clockMs(redis);
  for (const queue of jobs.queues.values()) {
    const wanted = schedules.filter(({ job }) => job.queue.name === queue.name);
    const existing = new Set<string>();
    for (const { key, next = 0, every = 0 } of await queue.getJobSchedulers()) {
      // A run further off than any of its rhythm was planned by a process whose clock was ahead.
      if (wanted.some(({ id }) => id === key) && next <= atMs + 2 * every) existing.add(key);
      else await queue.removeJobScheduler(key);
    }
    for (const { id, job, payload, everyMs, offsetMs } of wanted) {
      const data = job.payload.parse(payload);
      // BullMQ's schedulers have but one run waiting anyway, and know no deduplication.
      const { deduplication: _, ...usual } = optionsOf(job, data);
      // At Finnhub, what nobody has asked for gives way to people.
      const lane = queue.name === finnhub.name ? { priority: priorityOf(job.lane ?? 'refresh') } : {};
      const opts = { ...usual, ...lane };
      const rhythm = { every: everyMs, ...(offsetMs === undefined ? {} : { offset: offsetMs }) };
      await queue.upsertJobScheduler(id, rhythm, { name: job.kind, data: jobData(job, data), opts });
      // One without an offset begins at once by itself.
      if (offsetMs !== undefined && !existing.has(id)) await jobs.enqueue(job, payload);
    }
  }
}

async function schedulesOf(job: OurJob, context: Context): Promise<Planned[]> {
  const single = job.everyMs === undefined ? [] : [{ id: job.kind, job, payload: {}, everyMs: job.everyMs }];
  const several = (await job.schedules?.(context.jobs.fork())) ?? [];
  // A colon divides the parts of BullMQ's own ids; none of the keys that we have holds a plus.
  return [
    ...single,
    ...several.map(({ key, ...rest }) => ({ id: `${job.kind}+${key.replaceAll(':', '+')}`, job, ...rest })),
  ];
}
