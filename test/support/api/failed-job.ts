import { randomUUIDv7 } from 'node:crypto';
import type { Context } from '../../../src/context.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { upkeep } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { until } from '../processes/process.ts';

/** The id of a job that has failed for good, with its dead letter. */
export async function failedJob(ctx: Context): Promise<string> {
  const id = randomUUIDv7();
  const queue = ctx.jobs.queues.get(upkeep.name);
  await queue?.add('charge-order', {}, { jobId: id });
  const worker = runQueue(upkeep, 1, patientRedis(ctx.config), ctx);
  await until('a failed job', async () => ((await queue?.getJobState(id)) === 'failed' ? true : undefined));
  await worker.close();
  if ((await ctx.orm.em.fork().count(DeadLetter, { jobId: id })) !== 1) throw new Error('it has no dead letter');
  return id;
}
