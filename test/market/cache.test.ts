import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Cache, openCache } from '../../src/market/cache.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { ownData } from '../support/stores/servers.ts';

const nowMs = Date.parse('2026-11-22T10:15:00.000Z');
let redis: Redis;
let cache: Cache;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
  cache = openCache(redis, () => new Date(nowMs));
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

const copy = { body: '{"symbol":"A","c":1.5', observedAtMs: nowMs - 1_000 };

test('a value that is not exactly as it was written counts as absent, whatever was cut, added or changed', async () => {
  await cache.write('A', copy);
  const value = (await redis.get('copy:A')) ?? '';
  const spoilt = [
    '',
    '|',
    'garbage',
    '{}',
    value.slice(0, -1),
    value.slice(1),
    `${value}}`,
    ` ${value}`,
    value.replace('1.5', '2.5'),
    value.replace(String(copy.observedAtMs), String(copy.observedAtMs - 1)),
    value.replace(String(copy.observedAtMs), 'NaN'),
    // As versions before wrote it.
    `${copy.observedAtMs}|${copy.body}`,
  ];
  for (const text of spoilt) {
    await redis.set('copy:A', text);
    expect([text, await cache.read('A')]).toEqual([text, undefined]);
    await cache.write('A', copy);
    expect([text, await cache.read('A')]).toEqual([text, copy]);
  }
});

test('a copy from the future counts as absent and gives way to an older one, but clocks may differ a little', async () => {
  const early = { ...copy, observedAtMs: nowMs + 3_000 };
  await cache.write('A', early);
  expect(await cache.read('A')).toEqual(early);
  for (const observedAtMs of [nowMs + 6_000, nowMs + 365 * 86_400_000, 999_999_999_999_999]) {
    await cache.write('B', { ...copy, observedAtMs });
    expect(await cache.read('B')).toBeUndefined();
    await cache.write('B', copy);
    expect(await cache.read('B')).toEqual(copy);
    await redis.del('copy:B');
  }
});

test('a key of another kind counts as absent and is overwritten', async () => {
  await redis.lpush('copy:A', 'x');
  expect(await cache.read('A')).toBeUndefined();
  await cache.write('A', copy);
  expect(await cache.read('A')).toEqual(copy);
});
