import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Context, openContext } from '../../../src/context.ts';
import { carried, defineJob, type Job } from '../../../src/jobs/define-job.ts';
import { payments, type QueueDefinition, webhooks } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { type RedisServer, startRedis } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';

// A server of the test's own counts what it is asked for.
let server: RedisServer;
let api: TestApi;
beforeAll(async () => {
  server = await startRedis();
  api = await openTestApi(server.env);
});
afterAll(async () => {
  await api.close();
  await server.stop();
});

const batches = 4;
const inBatch = 64;
const jobs = batches * inBatch;

/** How many scripts Redis runs for jobs of one tenant: added in batches, as the relay does, and worked one after the other. */
async function scriptsOf(context: Context, definition: QueueDefinition): Promise<number> {
  const done = new Set<string>();
  const job = defineJob(
    {
      kind: 'count-scripts',
      summary: 'Count.',
      queue: definition,
      payload: z.object({ order_id: z.string() }),
      result: z.object({}),
      attempts: 1,
      backoffMs: 1,
      timeoutMs: 10_000,
    },
    async ({ id }) => {
      done.add(id);
      return {};
    },
  );
  const queue = context.jobs.queues.get(definition.name);
  await queue?.pause();
  const before = await scripts();
  for (let batch = 0; batch < batches; batch += 1)
    await context.jobs.enqueueAll(
      Array.from({ length: inBatch }, () => {
        const payload = carried(job, { order_id: randomUUID() }, 'user:1');
        return { job, id: randomUUIDv7(), payload };
      }),
    );
  await queue?.resume();
  const definitions = { ...context.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) };
  const ownJobs = { ...context.jobs, definitions };
  const worker = runQueue(definition, 1, patientRedis(context.config), { ...context, jobs: ownJobs });
  await until('all are done', () => (done.size === jobs ? true : undefined));
  await worker.close();
  return (await scripts()) - before;
}

async function scripts(): Promise<number> {
  const told = await api.ctx.redis.info('commandstats');
  return [...told.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

test('where one tenant asks, and there is one shard, a job costs Redis what it costs on a queue that knows neither', async () => {
  const plain = await scriptsOf(api.ctx, webhooks);
  // One to add it, and one that ends it and fetches the next.
  expect(plain).toBeGreaterThanOrEqual(2 * jobs);
  const shared = await scriptsOf(api.ctx, payments);
  // A batch is looked at once; and in each run there are some looks for what has stalled.
  expect(Math.abs(shared - plain)).toBeLessThanOrEqual(batches + 20);
  const sharded = await openContext({ ...api.ctx.config, PAYMENTS_SHARDS: 3 }, 'test');
  // Of eight fetches one is made by itself, and each batch is three.
  const most = plain + jobs / 8 + 2 * 3 * batches + 3 * 40;
  expect(await scriptsOf(sharded, payments)).toBeLessThanOrEqual(most);
  await sharded.close();
});
