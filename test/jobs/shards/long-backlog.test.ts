import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { chargeOrder } from '../../../src/jobs/payments/charge-order.job.ts';
import { payments } from '../../../src/jobs/queues.ts';
import { shardOf } from '../../../src/jobs/shards/choice.ts';
import { shardsOf } from '../../../src/jobs/shards/sharded-queue.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const count = 3;
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ PAYMENTS_SHARDS: String(count) });
});
afterAll(() => api.close());

const Queues = z.object({
  data: z.array(z.object({ name: z.string(), oldest_waiting_seconds: z.number().nullable() })),
});
const Found = z.object({ data: z.array(z.object({ id: z.string() })) });

async function read<T extends z.ZodType>(shape: T, path: string): Promise<z.output<T>> {
  return shape.parse(await (await api.send('GET', path, { as: 'admin' })).json());
}

/** Asks for so many charges of orders whose jobs wait in this shard. */
async function ask(tenant: string, shard: number, jobs: number): Promise<string[]> {
  let order = randomUUIDv7();
  while (shardOf(order, count) !== shard) order = randomUUIDv7();
  const payload = { order_id: order, payment_id: randomUUIDv7(), tenant };
  const asked = Array.from({ length: jobs }, () => ({ job: chargeOrder, id: randomUUIDv7(), payload }));
  await api.ctx.jobs.enqueueAll(asked);
  return asked.map(({ id }) => id);
}

test('the newest of one shard are found, and the oldest tells for how long it waits, whatever waits in all of them', async () => {
  const queue = api.ctx.jobs.queues.get(payments.name);
  const line = queue && shardsOf(queue)[2];
  if (!line) throw new Error('there is no such shard');
  const [served = '', ...waiting] = await ask('user:7', 2, 40);
  for (let batch = 0; batch < 4; batch += 1) for (const shard of [0, 1, 2]) await ask('user:7', shard, 325);
  const newest = await ask('key:a', 2, 3);
  const found = await read(Found, '/jobs?state=waiting&limit=3');
  expect(found.data.map(({ id }) => id).toSorted()).toEqual(newest.toSorted());

  for (const id of waiting) await api.ctx.redis.hset(line.toKey(id), 'timestamp', Date.now() - 1_200_000);
  // As if it had been served: the turn is the newcomer's.
  await queue.remove(served);
  const { data } = await read(Queues, '/queues');
  const seconds = data.find(({ name }) => name === payments.name)?.oldest_waiting_seconds;
  expect(seconds).toBeGreaterThanOrEqual(1_200);
});
