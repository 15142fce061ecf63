import type { Context } from '../context.ts';
import { optionsOf } from '../jobs/enqueue.ts';

/** Makes BullMQ's schedulers what the job kinds say: every kind with `everyMs` has one, and no other exists. */
export async function scheduleJobs({ definitions, producer }: Context): Promise<void> {
  const scheduled = [...definitions.jobs.values()].filter(({ everyMs }) => everyMs !== undefined);
  for (const queue of producer.queues.values()) {
    const wanted = scheduled.filter((job) => job.queue.name === queue.name);
    for (const { key } of await queue.getJobSchedulers())
      if (!wanted.some(({ kind }) => kind === key)) await queue.removeJobScheduler(key);
    for (const job of wanted) {
      const payload = job.payload.parse({});
      const template = { name: job.kind, data: payload, opts: optionsOf(job, payload) };
      await queue.upsertJobScheduler(job.kind, { every: job.everyMs ?? 0 }, template);
    }
  }
}
