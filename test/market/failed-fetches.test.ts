import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openMarket } from '../../src/market/market.ts';
import { openTestApi } from '../support/api/test-api.ts';
import { openFailedFetches } from '../../src/market/failed-fetches.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { ownData } from '../support/stores/servers.ts';

let nowMs = 0;
const elapsedMs = () => nowMs;
let redis: Redis;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
});
afterAll(() => redis.disconnect());
beforeEach(() => redis.flushdb());

test('a look is known to every process until its time is up', async () => {
  const [one, other] = [openFailedFetches(redis, elapsedMs), openFailedFetches(redis, elapsedMs)];
  expect(await other.leftMs('A')).toBe(0);
  await one.note('A', 600_000);
  for (const process of [one, other]) expect(await process.leftMs('A')).toBeGreaterThan(500_000);
  expect(await other.leftMs('B')).toBe(0);
  expect(await redis.pttl('looked:A')).toBeLessThanOrEqual(600_000);
});

test('what somebody wants asked again all the same is forgotten by every process, until it fails once more', async () => {
  const [one, other] = [openFailedFetches(redis, elapsedMs), openFailedFetches(redis, elapsedMs)];
  await other.forget('A');
  expect(await redis.exists('looked:A')).toBe(0);
  await one.note('A', 600_000);
  await other.forget('A');
  expect([await one.leftMs('A'), await other.leftMs('A')]).toEqual([0, 0]);
  expect(await redis.pttl('looked:A')).toBeGreaterThan(0);
  await one.note('A', 600_000);
  expect(await other.leftMs('A')).toBeGreaterThan(500_000);
});

test('a look of no length is none', async () => {
  const failedFetches = openFailedFetches(redis, elapsedMs);
  await failedFetches.note('A', 0);
  expect(await failedFetches.leftMs('A')).toBe(0);
});

test('who looked knows it also when Redis has lost it, tells the others again, and forgets it in its time', async () => {
  const [one, other] = [openFailedFetches(redis, elapsedMs), openFailedFetches(redis, elapsedMs)];
  await one.note('A', 600_000);
  await redis.flushdb();
  expect(await other.leftMs('A')).toBe(0);
  expect(await one.leftMs('A')).toBe(600_000);
  expect(await other.leftMs('A')).toBeGreaterThan(500_000);
  await redis.flushdb();
  nowMs += 600_000;
  expect(await one.leftMs('A')).toBe(0);
});

test('a process remembers its last five thousand by itself', async () => {
  const failedFetches = openFailedFetches(redis, elapsedMs);
  for (let n = 0; n <= 5_000; n += 1) await failedFetches.note(`S${n}`, 600_000);
  await redis.flushdb();
  expect([await failedFetches.leftMs('S0'), await failedFetches.leftMs('S1')]).toEqual([0, 600_000]);
});

test('what it remembers lasts no longer when the clock is put back by an hour', async () => {
  const api = await openTestApi({ FINNHUB_API_KEY: 'test' });
  let clockMs = Date.now();
  const { failedFetches } = openMarket({ ...api.ctx, redis, now: () => new Date(clockMs), tell: () => {} });
  await failedFetches.note('A', 30_000);
  await redis.flushdb();
  clockMs -= 3_600_000;
  expect(await failedFetches.leftMs('A')).toBeLessThanOrEqual(30_000);
  expect(await redis.pttl('looked:A')).toBeLessThanOrEqual(30_000);
  await api.close();
});
