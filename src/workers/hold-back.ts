import { DelayedError, type Job as QueueJob, RateLimitError } from 'bullmq';
import type { Context } from '../context.ts';
import type { JobsPerTenant, Ticket } from '../jobs/jobs-per-tenant.ts';
import { tenantOf } from '../jobs/define-job.ts';
import type { OpenQueue } from '../jobs/enqueue.ts';
import { isOvertaken } from '../jobs/find-jobs.ts';
import { within } from '../process/deadline.ts';
import { keepPlace } from './step-aside.ts';

const tellMs = 1_000;
// Of a job whose process has died, or that has been let in and does not come, the place is free again after so long and its own time.
const graceMs = 15_000;
// Whoever is held is told. In case nobody does, they look by themselves: the more they are, the rarer.
const lookMs = 60_000;
const eachMs = 20;

/**
 * Runs an attempt, unless as many jobs of its tenant as may be are under way: then it is held until one of them ends, while others on
 * its queue go on, and no attempt is spent. Where Redis does not say, it runs: it is the gateway that must not be called too often.
 * @throws DelayedError when it is held.
 */
export async function holdBack<T>(
  queued: QueueJob,
  token: string | undefined,
  { jobs, now }: Pick<Context, 'jobs' | 'now'>,
  attempt: () => Promise<T>,
): Promise<T> {
  const [queue, jobsPerTenant] = [jobs.queues.get(queued.queueName), jobs.jobsPerTenant.get(queued.queueName)];
  const tenant = tenantOf(queued.data);
  if (!queue || !jobsPerTenant || tenant === undefined) return attempt();
  const ticket = { tenant, id: queued.id ?? '' };
  const leaseMs = (jobs.definitions.jobs.get(queued.name)?.timeoutMs ?? 0) + graceMs;
  const others = await within(tellMs, 'Redis', jobsPerTenant.begin(ticket, leaseMs)).catch(() => 0);
  if (others > 0) {
    const hold = async () => {
      await keepPlace(queued);
      await queued.moveToDelayed(now().getTime() + Math.max(lookMs, others * eachMs), token);
      // It may have been let in before it was there to be woken.
      if (await jobsPerTenant.isLetIn(ticket)) await wake(queue, ticket.id);
    };
    // When Redis cannot be told, the job goes back to its place, and is held again.
    throw await within(tellMs, 'Redis', hold()).then(
      () => new DelayedError(),
      () => new RateLimitError(),
    );
  }
  try {
    return await attempt();
  } finally {
    await within(tellMs, 'Redis', letIn(queue, jobsPerTenant, ticket, leaseMs)).catch(() => {});
  }
}

/** Ends a job's time, and wakes those that begin instead; of one that is gone, the time ends as well. */
async function letIn(queue: OpenQueue, jobsPerTenant: JobsPerTenant, ended: Ticket, leaseMs: number): Promise<void> {
  for (const id of await jobsPerTenant.end(ended, leaseMs))
    if (!(await wake(queue, id))) await letIn(queue, jobsPerTenant, { ...ended, id }, leaseMs);
}

/** Whether there is such a job. */
async function wake(queue: OpenQueue, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  // One that has come back by itself is on its way already.
  await job?.promote().catch((error: unknown) => {
    if (!isOvertaken(error)) throw error;
  });
  return job !== undefined;
}
