import { z } from 'zod';
import type { Context } from '../../../src/context.ts';
import { type Attempt, defineJob, type Job, type JobContract } from '../../../src/jobs/define-job.ts';
import { type QueueDefinition, upkeep } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { until } from '../processes/process.ts';
import type { TestApi } from './test-api.ts';

const Payload = z.object({ name: z.string() });

/** What a try does. */
export type Work = (attempt: Attempt<typeof Payload>) => Promise<{ greeting: string }>;

/** The contract of the one kind. */
export const contract = {
  kind: 'greet-guest',
  summary: 'Greet a guest.',
  queue: upkeep,
  payload: Payload,
  result: z.object({ greeting: z.string().max(50) }),
  attempts: 3,
  backoffMs: 1,
  timeoutMs: 1_000,
};

/** Does what is asked. */
export const greet: Work = async ({ payload }) => ({ greeting: `Hello ${payload.name}` });

/** Workers that know one kind of job, on the queue of upkeep of an API that is opened before the tests; to be cleared after each. */
export function greetingsOf(opened: () => TestApi) {
  const closing: (() => Promise<void>)[] = [];
  const queue = () => {
    const found = opened().ctx.jobs.queues.get(upkeep.name);
    if (!found) throw new Error(`there is no queue ${upkeep.name}`);
    return found;
  };
  /** A worker of one process; counts what happened. */
  const work = (
    doIt: Work,
    changes: Partial<JobContract<typeof Payload, typeof contract.result>> = {},
    parts: Partial<Context> = {},
    definition: QueueDefinition = upkeep,
  ) => {
    const { ctx } = opened();
    const runs: string[] = [];
    const farewells: string[] = [];
    const job = defineJob(
      { ...contract, ...changes },
      async (attempt) => {
        runs.push(attempt.payload.name);
        return doIt(attempt);
      },
      async ({ name }, reason) => {
        farewells.push(`${name}: ${reason.message}`);
        if (name === 'Ida') throw new Error('speechless');
      },
    );
    const context: Context = {
      ...ctx,
      ...parts,
      jobs: {
        ...ctx.jobs,
        ...parts.jobs,
        definitions: { ...ctx.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) },
      },
    };
    const worker = runQueue(definition, definition.concurrency, patientRedis(ctx.config), context);
    closing.push(() => worker.close());
    return { runs, farewells, job, worker };
  };
  const ended = (id: string) =>
    until(`job ${id} ended`, async () => {
      const job = await queue().getJob(id);
      return job?.finishedOn ? job : undefined;
    });
  return {
    queue,
    work,
    ended,
    closing,
    clear: async () => {
      await Promise.all(closing.splice(0).map((close) => close()));
      await queue().obliterate({ force: true });
    },
  };
}
