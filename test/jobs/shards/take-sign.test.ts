import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { webhooks } from '../../../src/jobs/queues.ts';
import { openSign } from '../../../src/jobs/shards/take-sign.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

function opened() {
  const queue = api.ctx.jobs.queues.get(webhooks.name);
  if (!queue) throw new Error(`there is no queue ${webhooks.name}`);
  const backend = queue.getBackend();
  const marker = backend.toKey('marker');
  return { queue, marker, takeSign: openSign(backend), isSigned: async () => (await api.ctx.redis.zcard(marker)) > 0 };
}

test('where nothing waits, the sign that something does is taken away', async () => {
  const { marker, takeSign, isSigned } = opened();
  await api.ctx.redis.zadd(marker, 0, '0');
  expect(await takeSign()).toBe(true);
  expect(await isSigned()).toBe(false);
});

test.each([
  ['waits', {}],
  ['waits in a lane', { priority: 1 }],
  ['waits for its time', { delay: 3_600_000 }],
])('it stays where a job %s', async (_what, options) => {
  const { queue, marker, takeSign, isSigned } = opened();
  await queue.addBulk([{ name: 'count', data: {}, opts: options }]);
  await api.ctx.redis.zadd(marker, 0, '0');
  expect(await takeSign()).toBe(false);
  expect(await isSigned()).toBe(true);
});
