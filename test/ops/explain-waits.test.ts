import { randomUUIDv7 } from 'node:crypto';
import { Worker } from 'bullmq';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findJob } from '../../src/jobs/find-jobs.ts';
import { pruneTokens } from '../../src/jobs/accounts/prune-tokens.job.ts';
import { pruneRecords } from '../../src/jobs/ops/prune-records.job.ts';
import { payments, upkeep } from '../../src/jobs/queues.ts';
import { shardOf } from '../../src/jobs/shards/choice.ts';
import { shardOfJob } from '../../src/jobs/shards/sharded-queue.ts';
import { explainWaits } from '../../src/ops/explain-waits.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ STRIPE_SECRET_KEY: 'sk_test_none', STRIPE_WEBHOOK_SECRET: 'whsec_none' });
});
afterAll(() => api.close());

/** What is told of a charge that has stepped aside. */
async function toldOf(data: object): Promise<string | undefined> {
  const queue = api.ctx.jobs.queues.get(payments.name);
  const id = randomUUIDv7();
  await queue?.add('charge-order', data, { jobId: id, delay: 60_000 });
  await api.ctx.redis.hset(queue?.toKey(id) ?? '', 'ats', 1);
  return (await findJob(api.ctx.jobs, id, explainWaits(api.ctx)))?.because;
}

test('a charge that has stepped aside tells of the gateway that it calls, and not of another one', async () => {
  const [one, other] = api.ctx.payments.gateways.all;
  if (!one || !other) throw new Error('there are no two gateways');
  await one.outage.limited(60_000);
  expect(await toldOf({ gateway: one.name })).toContain('what it calls wants no call for a while');
  expect(await toldOf({ gateway: other.name })).not.toContain('what it calls');
  expect(await toldOf({})).toContain('what it calls wants no call for a while');
});

test('a job waits for others that are under way where as many of its queue are as may be', async () => {
  const queue = api.ctx.jobs.queues.get(upkeep.name);
  const [first, second] = [await api.ctx.jobs.enqueue(pruneTokens, {}), await api.ctx.jobs.enqueue(pruneRecords, {})];
  const why = async () => (await findJob(api.ctx.jobs, second, explainWaits(api.ctx)))?.because;
  await queue?.setGlobalConcurrency(1);
  expect(await why()).toBe('no process works the queue upkeep');
  await api.ctx.redis.lmove(queue?.toKey('wait') ?? '', queue?.toKey('active') ?? '', 'RIGHT', 'LEFT');
  expect(await queue?.getJobState(first)).toBe('active');
  expect(await why()).toBe('as many jobs of the queue upkeep as may be are under way');
});

test('so does a job whose shard is full, whatever room the others have', async () => {
  const { ctx, close } = await openTestApi({ PAYMENTS_SHARDS: '2' });
  onTestFinished(close);
  const queue = ctx.jobs.queues.get(payments.name);
  await queue?.setGlobalConcurrency(2);
  // Somebody works the queue, who knows of the first shard alone.
  const worker = new Worker(payments.name, async () => {}, { connection: patientRedis(ctx.config) });
  onTestFinished(() => worker.close());
  await worker.waitUntilReady();
  const order = ['a', 'b', 'c', 'd', 'e', 'f'].find((id) => shardOf(id, 2) === 1);
  const [first, second] = [randomUUIDv7(), randomUUIDv7()];
  for (const jobId of [first, second]) await queue?.add('charge-order', { order_id: order }, { jobId });
  const why = async () => (await findJob(ctx.jobs, second, explainWaits(ctx)))?.because;
  const turn = 'its turn on the queue payments has not come; jobs before it: 1';
  await until('somebody works the queue', async () => (await why()) === turn || undefined);
  const shard = queue && (await shardOfJob(queue, first));
  await ctx.redis.lmove(shard?.toKey('wait') ?? '', shard?.toKey('active') ?? '', 'RIGHT', 'LEFT');
  expect(await why()).toBe('as many jobs of the queue payments as may be are under way');
});
