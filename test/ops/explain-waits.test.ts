import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findJob } from '../../src/jobs/find-jobs.ts';
import { payments } from '../../src/jobs/queues.ts';
import { explainWaits } from '../../src/ops/explain-waits.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

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
