import type { Context } from '../context.ts';
import type { Job } from '../jobs/define-job.ts';
import { optionsOf } from '../jobs/enqueue.ts';

/** Makes BullMQ's schedulers what the job kinds say: what runs by itself has one, and no other exists. */
export async function scheduleJobs(context: Context): Promise<void> {
  const { definitions, producer } = context;
  const schedules = [...definitions.jobs.values()].flatMap((job) => schedulesOf(job, context));
  for (const queue of producer.queues.values()) {
    const wanted = schedules.filter(({ job }) => job.queue.name === queue.name);
    for (const { key } of await queue.getJobSchedulers())
      if (!wanted.some(({ id }) => id === key)) await queue.removeJobScheduler(key);
    for (const { id, job, payload, everyMs } of wanted) {
      const data = job.payload.parse(payload);
      // BullMQ's schedulers have but one run waiting anyway, and know no deduplication.
      const { deduplication: _, ...opts } = optionsOf(job, data);
      await queue.upsertJobScheduler(id, { every: everyMs }, { name: job.kind, data, opts });
    }
  }
}

function schedulesOf(job: Job, context: Context) {
  const single = job.everyMs === undefined ? [] : [{ id: job.kind, job, payload: {}, everyMs: job.everyMs }];
  const several = job.schedules?.(context) ?? [];
  // A colon divides the parts of BullMQ's own ids; none of the keys that we have holds a plus.
  return [
    ...single,
    ...several.map(({ key, ...rest }) => ({ id: `${job.kind}+${key.replaceAll(':', '+')}`, job, ...rest })),
  ];
}
