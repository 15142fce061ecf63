import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Cache, openCache } from '../../src/market/cache.ts';
import { patientRedis } from '../../src/redis-connection.ts';
import { ownData } from '../servers.ts';

let redis: Redis;
let cache: Cache;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
  cache = openCache(redis);
});
afterAll(() => redis.disconnect());
beforeEach(() => redis.flushdb());

test('a copy comes back as it was written, bars and all', async () => {
  const copy = { body: '{"symbol":"A|B","c":1', observedAtMs: 1_795_000_000_123 };
  await cache.write('fetch-quote:A', copy);
  expect(await cache.read('fetch-quote:A')).toEqual(copy);
  expect(await cache.read('fetch-quote:B')).toBeUndefined();
});

test('the newest observation stays, whichever arrives last', async () => {
  await cache.write('A', { body: '{"c":2', observedAtMs: 2_000 });
  await cache.write('A', { body: '{"c":1', observedAtMs: 1_000 });
  expect((await cache.read('A'))?.body).toBe('{"c":2');
  await cache.write('A', { body: '{"c":3', observedAtMs: 2_000 });
  expect((await cache.read('A'))?.body).toBe('{"c":3');
  // Compared as numbers: as text, 9999 would be newer than 10000.
  await cache.write('A', { body: '{"c":4', observedAtMs: 9_999 });
  await cache.write('A', { body: '{"c":5', observedAtMs: 10_000 });
  expect((await cache.read('A'))?.body).toBe('{"c":5');
});

test('copies are kept for a week, or as long as one says', async () => {
  await cache.write('A', { body: '{', observedAtMs: 1 });
  await cache.write('B', { body: '{', observedAtMs: 1 }, 60);
  expect(await redis.ttl('copy:A')).toBeGreaterThan(6 * 24 * 3_600);
  expect(await redis.ttl('copy:A')).toBeLessThanOrEqual(7 * 24 * 3_600);
  expect(await redis.ttl('copy:B')).toBeLessThanOrEqual(60);
});

test('several copies are read in the order asked, with gaps where there are none', async () => {
  await cache.write('A', { body: '{"c":1', observedAtMs: 1 });
  await cache.write('C', { body: '{"c":3', observedAtMs: 3 });
  expect((await cache.readAll(['C', 'B', 'A'])).map((copy) => copy?.body)).toEqual(['{"c":3', undefined, '{"c":1']);
});

test('who is unknown is remembered for some minutes, apart from every copy', async () => {
  await cache.markUnknown('ZZZ');
  expect(await cache.isUnknown('ZZZ')).toBe(true);
  expect(await cache.isUnknown('AAPL')).toBe(false);
  expect(await cache.read('ZZZ')).toBeUndefined();
  expect(await redis.ttl('unknown:ZZZ')).toBeGreaterThan(60);
  expect(await redis.ttl('unknown:ZZZ')).toBeLessThanOrEqual(600);
});
