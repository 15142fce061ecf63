import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../../src/context.ts';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { GiveUp } from '../../src/errors.ts';
import { defineJob, type Job } from '../../src/jobs/define-job.ts';
import { upkeep } from '../../src/jobs/queues.ts';
import type { EndedJob } from '../../src/ops/record-history.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { recordEnds } from '../../src/workers/record-ends.ts';
import { runQueue } from '../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const delayMs = 400;
let tries = 0;
const greet: Job = defineJob(
  {
    kind: 'greet-guest',
    summary: 'Greet a guest.',
    queue: upkeep,
    payload: z.object({ name: z.string() }),
    result: z.object({}),
    attempts: 3,
    backoffMs: 1,
    timeoutMs: 1_000,
  },
  async ({ payload: { name } }) => {
    if (name === 'Bea') throw new GiveUp('no');
    if (name === 'Ada' && ++tries < 3) throw new Error('not yet');
    return {};
  },
);

/** A worker that knows one kind. */
function open() {
  const jobs = { ...api.ctx.jobs, definitions: { ...api.ctx.jobs.definitions, jobs: new Map([[greet.kind, greet]]) } };
  const context: Context = { ...api.ctx, jobs };
  return runQueue(upkeep, 1, patientRedis(api.ctx.config), context);
}

test('each job that ends is recorded once, with how long it took from when it was due', async () => {
  const worker = open();
  const recorded: EndedJob[] = [];
  recordEnds(worker, { note: (one) => recorded.push(one) });
  const queue = api.ctx.jobs.queues.get(upkeep.name);
  const delayed = await queue?.add(greet.kind, { name: 'Cid' }, { delay: delayMs });
  for (const name of ['Ada', 'Bea'])
    await queue?.add(greet.kind, { name }, { attempts: 3, backoff: { type: 'custom' } });
  await until('three jobs', async () => recorded.length === 3 || undefined);
  await worker.close();

  // Ada's first two attempts are not the end of it.
  expect([tries, recorded.filter(({ isDone }) => isDone).length]).toEqual([3, 2]);
  expect(new Set(recorded.map((one) => one.queue))).toEqual(new Set(['upkeep']));
  // What waits for its time is not late.
  const { timestamp = 0, finishedOn = 0 } = (await queue?.getJob(delayed?.id ?? '')) ?? {};
  expect(recorded).toContainEqual({
    queue: 'upkeep',
    isDone: true,
    tookMs: finishedOn - timestamp - delayMs,
    endedAtMs: finishedOn,
  });
});

test('a job that has cost one process after the other is buried, and not run again', async () => {
  const queue = api.ctx.jobs.queues.get(upkeep.name);
  const job = await queue?.add(greet.kind, { name: 'Mia' }, { attempts: 3, jobId: 'costs-processes' });
  // As BullMQ counts whenever a lock has run out.
  await api.ctx.redis.hset(queue?.toKey('costs-processes') ?? '', 'stc', 21);
  const worker = open();
  const failedReason = await until(
    'it has failed',
    async () => (await queue?.getJob(job?.id ?? ''))?.failedReason || undefined,
  );
  expect(failedReason).toContain('it has cost 21 processes');
  const letters = await api.ctx.orm.em.fork().find(DeadLetter, { jobId: 'costs-processes' });
  expect(letters).toMatchObject([{ kind: greet.kind, attempts: 1, reason: expect.stringContaining(failedReason) }]);
  await worker.close();
});
