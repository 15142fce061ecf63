import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { payments } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { type RedisServer, startRedis } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const Status = z.record(z.string(), z.string());

let redis: RedisServer;
let api: TestApi;
beforeAll(async () => {
  redis = await startRedis();
  api = await openTestApi(redis.env);
});
afterAll(async () => {
  await redis.process().signal('SIGCONT');
  await api.close();
  await redis.stop();
});

/** Waits until the status says so of these parts: what has just been looked at is not looked at again at once. */
const untilSaid = async (parts: Readonly<Record<string, string>>) => {
  let said: Readonly<Record<string, string>> = {};
  await until(
    () => `${JSON.stringify(parts)}; said was ${JSON.stringify(said)}`,
    async () => {
      const answer = await api.send('GET', '/status');
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      said = Status.parse(await answer.json());
      return Object.entries(parts).every(([part, state]) => said[part] === state) ? true : undefined;
    },
  );
};

test('without workers nobody charges; with one it is up, until somebody pauses it', async () => {
  await untilSaid({ mysql: 'up', redis: 'up', charges: 'unmanned', gateway: 'up' });
  const worker = runQueue(payments, 1, patientRedis(api.ctx.config), api.ctx);
  await untilSaid({ charges: 'up' });
  await api.send('POST', '/payments/stop', { as: 'admin' });
  await untilSaid({ charges: 'paused' });
  await api.send('POST', '/payments/start', { as: 'admin' });
  await untilSaid({ charges: 'up' });
  await worker.close();
});

test('a gateway is away from the first call that it does not answer, until it answers one', async () => {
  const { current, named } = api.ctx.payments.gateways;
  const { outage } = named(current);
  await outage.missed();
  await untilSaid({ gateway: 'away' });
  await outage.heard();
  await untilSaid({ gateway: 'up' });
});

test('with Redis frozen it is away, what only Redis knows is unknown, and MySQL is up', async () => {
  await redis.process().signal('SIGSTOP');
  await untilSaid({ redis: 'away', mysql: 'up', charges: 'unknown', gateway: 'unknown' });
  await redis.process().signal('SIGCONT');
  await untilSaid({ redis: 'up', gateway: 'up' });
});
