import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobView } from '../../../src/api/ops/job-view.ts';
import { OrderView } from '../../../src/api/orders/order-view.ts';
import { OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { type RedisServer, startRedis } from '../../support/processes/platform.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

// Away from before the start on: the harder case, in which BullMQ's own calls wait for ever.
let redis: RedisServer;
let api: TestApi;
beforeAll(async () => {
  redis = await startRedis();
  await redis.process().signal('SIGKILL');
  api = await openTestApi(redis.env);
});
afterAll(async () => {
  await redis.restart();
  await api.close();
  await redis.stop();
});

describe('while Redis is away', () => {
  it('orders are taken, and their job is known to be waiting', async () => {
    const answer = await api.send('POST', '/orders', { as: 'demo', body: { products: [1] } });
    expect(answer.status).toBe(201);
    const { id } = OrderView.parse(await answer.json());
    const em = api.ctx.orm.em.fork();
    const job = await em.findOneOrFail(OutboxMessage, { name: 'charge-order', body: { $like: `%${id}%` } });
    const view = JobView.parse(await (await api.send('GET', `/jobs/${job.id}`)).json());
    expect(view).toMatchObject({ kind: 'charge-order', state: 'waiting' });
  });

  it('the API is ready all the same', async () => {
    expect((await api.send('GET', '/readyz')).status).toBe(200);
  });

  it('what only Redis knows is refused in time, and worth asking for again', async () => {
    for (const path of [`/jobs/${randomUUIDv7()}`, '/admin/queues/api/queues']) {
      const answer = await api.send('GET', path, { as: 'admin' });
      expect(await problemOf(answer), path).toMatchObject({ status: 503, code: 'unavailable' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });
});
