import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { callName, openPlan } from '../../../src/gateways/finnhub/plan.ts';
import { ownData } from '../../support/stores/servers.ts';
import { unhurriedRedis } from '../../support/stores/unhurried-redis.ts';

let redis: Redis;
beforeAll(async () => {
  redis = new Redis({ ...unhurriedRedis(readConfig(await ownData())), enableOfflineQueue: true });
});
afterAll(() => redis.disconnect());

test('what the plan does not include is remembered for a day, by key, endpoint and symbol', async () => {
  const plan = openPlan(redis, 'free');
  await plan.remember(callName('/quote', 'SAP.DE'));
  await plan.remember(callName('/forex/rates'));
  expect(await plan.isOutside('/quote?SAP.DE')).toBe(true);
  expect(await plan.isOutside('/forex/rates')).toBe(true);
  expect(await plan.isOutside('/quote?AAPL')).toBe(false);
  expect(await openPlan(redis, 'premium').isOutside('/forex/rates')).toBe(false);
  const [key = ''] = await redis.keys('*:outside:/forex/rates');
  expect(await redis.ttl(key)).toBeGreaterThan(86_000);
  expect(key).not.toContain('free');
});

test('while Redis is away nothing is known, and nothing is in the way', async () => {
  const away = new Redis({ lazyConnect: true, enableOfflineQueue: false, port: 1 });
  away.on('error', () => {});
  const plan = openPlan(away, 'free');
  expect(await plan.isOutside('/quote?AAPL')).toBe(false);
  await plan.remember('/quote?AAPL');
  away.disconnect();
});
