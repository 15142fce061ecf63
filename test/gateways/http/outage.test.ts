import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { openOutage } from '../../../src/gateways/http/outage.ts';
import { ownData } from '../../support/stores/servers.ts';
import { unhurriedRedis } from '../../support/stores/unhurried-redis.ts';

let redis: Redis;
beforeAll(async () => {
  redis = new Redis({ ...unhurriedRedis(readConfig(await ownData())), enableOfflineQueue: true });
});
afterAll(() => redis.disconnect());

/** The breaker of one upstream, in two processes. */
function processes() {
  const name = randomUUID();
  return [openOutage(redis, name), openOutage(redis, name)] as const;
}

test('an upstream that answers one process is not away, though it has not answered another one', async () => {
  const [missing, answered] = processes();
  await missing.missed();
  expect(await answered.isAway()).toBe(true);
  await answered.heard();
  expect(await answered.isAway()).toBe(false);
});

test('who asks to be let in learns by that what others have missed, and tells Redis of no answer otherwise', async () => {
  const [missing, answered] = processes();
  await answered.admit();
  await missing.missed();
  await answered.heard();
  expect(await answered.isAway()).toBe(true);
  await answered.admit();
  await answered.heard();
  expect(await answered.isAway()).toBe(false);
});
