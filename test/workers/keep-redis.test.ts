import { afterAll, beforeAll, expect, test } from 'vitest';
import { pauseQueues } from '../../src/jobs/pause.ts';
import { payments } from '../../src/jobs/queues.ts';
import { shardsOf } from '../../src/jobs/shards/sharded-queue.ts';
import { keepRedis } from '../../src/workers/keep-redis.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

test('a queue that is stopped while a worker looks at it stays stopped', async () => {
  const { ctx } = api;
  const queue = ctx.jobs.queues.get(payments.name);
  const [shard] = queue ? shardsOf(queue) : [];
  if (!queue || !shard) throw new Error('there is no such queue');
  const [asked, decided] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const hasField = shard.hasQueueMetaField.bind(shard);
  shard.hasQueueMetaField = async (field) => {
    asked.resolve();
    await decided.promise;
    return hasField(field);
  };
  const stopping = new AbortController();
  const keeping = keepRedis(ctx, stopping.signal);
  await asked.promise;
  await pauseQueues(ctx, { names: [payments.name], isPaused: true, changedBy: 1 });
  expect(await hasField('paused')).toBe(true);
  decided.resolve();
  stopping.abort();
  await keeping;
  expect(await hasField('paused')).toBe(true);
});
