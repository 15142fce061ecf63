import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Context, openContext } from '../../../src/context.ts';
import { defineJob, type Job, jobData } from '../../../src/jobs/define-job.ts';
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

function jobOn(queue: QueueDefinition, done: Set<string>, work: () => unknown = () => {}) {
  return defineJob(
    {
      kind: 'count-scripts',
      summary: 'Count.',
      queue,
      payload: z.object({ order_id: z.string() }),
      result: z.object({}),
      attempts: 1,
      backoffMs: 1,
      // Longer than a test waits for anything.
      timeoutMs: 600_000,
    },
    async ({ id }) => {
      await work();
      done.add(id);
      return {};
    },
  );
}

/** Jobs of one tenant, each about an order of its own. */
function newJobs(job: Job, count: number) {
  return Array.from({ length: count }, () => ({
    job,
    id: randomUUIDv7(),
    payload: jobData(job, { order_id: randomUUID() }, 'user:1'),
  }));
}

function workOn(context: Context, definition: QueueDefinition, job: Job, concurrency: number) {
  const definitions = { ...context.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) };
  const own = { ...context.jobs, definitions };
  return runQueue(definition, concurrency, patientRedis(context.config), { ...context, jobs: own });
}

/** How many scripts Redis runs for jobs of one tenant: added in batches, as the relay does, and worked one after the other. */
async function scriptsOf(context: Context, definition: QueueDefinition): Promise<number> {
  const done = new Set<string>();
  const job = jobOn(definition, done);
  const queue = context.jobs.queues.get(definition.name);
  await queue?.pause();
  const before = await scripts();
  for (let batch = 0; batch < batches; batch += 1) await context.jobs.enqueueAll(newJobs(job, inBatch));
  await queue?.resume();
  const worker = workOn(context, definition, job, 1);
  await until('all are done', () => (done.size === jobs ? true : undefined));
  await worker.close();
  return (await scripts()) - before;
}

const scripts = () => callsOf('eval(?:sha)?');

async function callsOf(command: string): Promise<number> {
  const told = await api.ctx.redis.info('commandstats');
  const found = told.matchAll(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'gm'));
  return [...found].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

const isWaitedFor = () =>
  until('a worker waits for jobs', async () =>
    /^blocked_clients:1\r?$/m.test(await api.ctx.redis.info('clients')) ? true : undefined,
  );

test('where one tenant asks, and there is one shard, a job costs Redis what it costs on a queue that knows neither', async () => {
  const plain = await scriptsOf(api.ctx, webhooks);
  // One to add it, and one that ends it and fetches the next.
  expect(plain).toBeGreaterThanOrEqual(2 * jobs);
  const shared = await scriptsOf(api.ctx, payments);
  // A batch is looked at once; and in each run there are some looks for what has stalled.
  expect(Math.abs(shared - plain)).toBeLessThanOrEqual(batches + 20);
  // In a db of its own: workers wait for every shard that they find in theirs, and the tests below count who waits.
  const sharded = await openContext({ ...api.ctx.config, PAYMENTS_SHARDS: 3, REDIS_DB: 1 }, 'test');
  // Of eight fetches one is made by itself, and each batch is three.
  const most = plain + jobs / 8 + 2 * 3 * batches + 3 * 40;
  expect(await scriptsOf(sharded, payments)).toBeLessThanOrEqual(most);
  await sharded.close();
});

test('a worker that is woken for a job that is alone fetches it, and waits again', async () => {
  const done = new Set<string>();
  const job = jobOn(payments, done);
  const worker = workOn(api.ctx, payments, job, 5);
  const one = async () => {
    await isWaitedFor();
    const before = done.size;
    await api.ctx.jobs.enqueueAll(newJobs(job, 1));
    await until('it is done', () => (done.size > before ? true : undefined));
  };
  await one();
  await isWaitedFor();
  const [waits, ran] = [await callsOf('bzpopmin'), await scripts()];
  for (let count = 0; count < 8; count += 1) await one();
  await isWaitedFor();
  // It is added, fetched, seen to be the only one, and ended; one wait in three seconds comes back without any.
  expect((await callsOf('bzpopmin')) - waits).toBeLessThan(2 * 8);
  expect((await scripts()) - ran).toBeLessThan(5 * 8);
  await worker.close();
});

test('jobs that come together wake each other, and one that comes meanwhile', async () => {
  const done = new Set<string>();
  const job = jobOn(payments, done);
  const workers = [workOn(api.ctx, payments, job, 2), workOn(api.ctx, payments, job, 2)];
  const added: string[] = [];
  for (let round = 0; round < 40; round += 1) {
    const some = newJobs(job, (round % 3) + 1);
    added.push(...some.map(({ id }) => id));
    await api.ctx.jobs.enqueueAll(some);
  }
  await until('all are done', () => (done.size === added.length ? true : undefined));
  expect([...done].toSorted()).toEqual(added.toSorted());
  await Promise.all(workers.map((worker) => worker.close()));
});

test('jobs that come together while a worker waits are worked at once', async () => {
  const done = new Set<string>();
  const together = 3;
  let begun = 0;
  let wanted = 0;
  // None of them ends before all have begun.
  const job = jobOn(payments, done, () => {
    begun += 1;
    return until('all have begun', () => (begun >= wanted ? true : undefined));
  });
  const worker = workOn(api.ctx, payments, job, together);
  for (let round = 0; round < 5; round += 1) {
    await isWaitedFor();
    wanted += together;
    await api.ctx.jobs.enqueueAll(newJobs(job, together));
    await until('all are done', () => (done.size === wanted ? true : undefined));
  }
  await worker.close();
});
