import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Asks, openAsks } from '../../src/market/asks.ts';
import { lanes, type Lane } from '../../src/jobs/queues.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
let asks: Asks;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
  asks = openAsks(redis);
});
afterAll(() => redis.disconnect());
beforeEach(() => redis.flushdb());

const key = 'market:asks';
/** Lets `name` have been wanted last so long ago, by Redis's own clock. */
async function age(name: string, ms: number) {
  await redis.zincrby(key, -ms, name);
}
async function fill(count: number) {
  for (let index = 0; index < count; index += 1) expect(await asks.admit(`name ${index}`)).toBe(true);
}

test('what is asked for is wanted for thirty seconds and no longer', async () => {
  expect(await asks.isWanted('AAPL')).toBe(false);
  await asks.admit('AAPL');
  expect(await asks.isWanted('AAPL')).toBe(true);
  await age('AAPL', 20_000);
  expect(await asks.isWanted('AAPL')).toBe(true);
  await age('AAPL', 10_001);
  expect(await asks.isWanted('AAPL')).toBe(false);
});

test('the clock is that of Redis, not that of a process', async () => {
  const [before] = await redis.time();
  await asks.admit('AAPL');
  const [after] = await redis.time();
  const wantedUntil = Number(await redis.zscore(key, 'AAPL')) / 1_000;
  expect(wantedUntil).toBeGreaterThanOrEqual(Number(before) + 30);
  expect(wantedUntil).toBeLessThanOrEqual(Number(after) + 31);
});

test('asking again, or saying that one still waits, begins the thirty seconds anew', async () => {
  for (const again of [() => asks.admit('AAPL'), () => asks.renew('AAPL')]) {
    await asks.admit('AAPL');
    await age('AAPL', 20_000);
    await again();
    await age('AAPL', 20_000);
    expect(await asks.isWanted('AAPL')).toBe(true);
    await asks.end('AAPL');
  }
});

test('saying that one still waits gives no place to who was never admitted', async () => {
  await asks.renew('AAPL');
  expect(await asks.isWanted('AAPL')).toBe(false);
});

test('five hundred wait, the next is refused, and who already waits is joined', async () => {
  await fill(500);
  expect(await asks.admit('one too many')).toBe(false);
  expect(await asks.isWanted('one too many')).toBe(false);
  expect(await asks.admit('name 7')).toBe(true);
});

test('a place is free again when the fetch is over, and when nobody wants it any longer', async () => {
  await fill(500);
  await asks.end('name 0');
  expect(await asks.admit('after one was settled')).toBe(true);
  expect(await asks.admit('too early')).toBe(false);
  await age('name 1', 30_001);
  expect(await asks.admit('after one was forgotten')).toBe(true);
});

test('two processes that ask at once never admit more than five hundred', async () => {
  await fill(495);
  const other = openAsks(redis.duplicate());
  const admitted = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? asks : other).admit(`late ${index}`)),
  );
  expect(admitted.filter((isIn) => isIn)).toHaveLength(5);
});

test('strangers never take a place from somebody logged in: the least in a hurry goes, the one who came last', async () => {
  const admitAll = async (count: number, lane: Lane) => {
    const names = Array.from({ length: count }, (_, index) => `${lane} ${index}`);
    const all: boolean[] = [];
    for (const name of names) all.push(await asks.admit(name, lane));
    return all.filter(Boolean).length;
  };
  const left = async (count: number, lane: Lane) => {
    const names = Array.from({ length: count }, (_, index) => `${lane} ${index}`);
    return (await Promise.all(names.map((name) => asks.isWanted(name)))).filter(Boolean).length;
  };
  expect(await admitAll(50, 'watchlist')).toBe(50);
  expect(await admitAll(500, 'anonymous_cold')).toBe(450);
  expect(await asks.admit('a stranger more', 'anonymous_cold')).toBe(false);
  expect(await admitAll(60, 'logged_in')).toBe(60);
  expect([await left(50, 'watchlist'), await left(450, 'anonymous_cold'), await left(60, 'logged_in')]).toEqual([
    20, 420, 60,
  ]);
  // The last thirty strangers have gone, and may not come back; one whom somebody logged in joins stays for good.
  expect(await asks.isWanted('anonymous_cold 449')).toBe(false);
  expect(await asks.admit('anonymous_cold 449', 'anonymous_cold')).toBe(false);
  expect(await asks.admit('anonymous_cold 7', 'logged_in')).toBe(true);
  for (let index = 60; index < 500; index += 1) await asks.admit(`logged_in ${index}`, 'logged_in');
  expect(await asks.isWanted('anonymous_cold 7')).toBe(true);
  expect([await left(450, 'anonymous_cold'), await left(500, 'logged_in')]).toEqual([1, 499]);
  expect(await asks.admit('one too many logged in', 'logged_in')).toBe(false);
});

test('who asks again in a slower lane keeps the place in the faster, and a settled one is gone from every lane', async () => {
  await asks.admit('AAPL', 'logged_in');
  await asks.admit('AAPL', 'anonymous_cold');
  await age('AAPL', 20_000);
  await asks.renew('AAPL');
  await age('AAPL', 20_000);
  expect(await asks.isWanted('AAPL')).toBe(true);
  for (const lane of lanes) await asks.admit('MSFT', lane.name);
  await asks.end('MSFT');
  expect(await asks.isWanted('MSFT')).toBe(false);
});

test('of those in one lane, whoever has the most places loses one to who has fewer', async () => {
  const admit = (tenant: string, count: number, lane: Lane) =>
    Promise.all(Array.from({ length: count }, (_, index) => asks.admit(`${tenant} ${lane} ${index}`, lane, tenant)));
  for (const lane of ['anonymous_cold', 'logged_in'] as const) {
    await redis.flushdb();
    expect(await admit('greedy', 500, lane)).not.toContain(false);
    expect(await admit('modest', 3, lane)).toEqual([true, true, true]);
    const left = await Promise.all(Array.from({ length: 500 }, (_, index) => asks.isWanted(`greedy ${lane} ${index}`)));
    expect([left.filter(Boolean).length, left.slice(0, 400).every(Boolean)]).toEqual([497, true]);
    // The other way round it does not go.
    expect(await asks.admit('one more', lane, 'greedy')).toBe(false);
    await asks.end(`modest ${lane} 0`);
    expect(await redis.hlen('{market:asks}:tenants')).toBe(499);
  }
});

test('however many somebody logged in waits for, each lane behind has twenty places of its own', async () => {
  const admitted = async (count: number, lane: Lane, tenant: string) => {
    const all = await Promise.all(
      Array.from({ length: count }, (_, index) => asks.admit(`${tenant} ${lane} ${index}`, lane, tenant)),
    );
    return all.filter(Boolean).length;
  };
  expect(await admitted(500, 'logged_in', 'user:1')).toBe(500);
  const behind = lanes.map(({ name }) => name).filter((lane) => lane !== 'logged_in');
  for (const lane of behind) expect(await admitted(30, lane, 'platform')).toBe(20);
  expect(await admitted(600, 'logged_in', 'user:1')).toBe(420);
  const count = async (lane: Lane) => {
    const left = Array.from({ length: 30 }, (_, index) => asks.isWanted(`platform ${lane} ${index}`));
    return (await Promise.all(left)).filter(Boolean).length;
  };
  expect(await Promise.all(behind.map(count))).toEqual([20, 20, 20, 20]);
});

test('whoever is logged in and has few places loses none to strangers or polls, nor is refused because of them', async () => {
  const behind = lanes.map(({ name }) => name).filter((lane) => lane !== 'logged_in');
  const askBehind = async () => {
    for (const lane of behind)
      for (let index = 0; index < 30; index += 1) await asks.admit(`${lane} ${index}`, lane, `address:${index}`);
  };
  for (let index = 0; index < 500; index += 1) await asks.admit(`cold ${index}`, 'anonymous_cold', `address:${index}`);
  await askBehind();
  for (const symbol of ['user:0 a', 'user:0 b']) expect(await asks.admit(symbol, 'logged_in', 'user:0')).toBe(true);
  const others = Array.from({ length: 498 }, (_, index) => `user:${index + 2}`);
  const admitted = others.map((tenant) => asks.admit(`${tenant} a`, 'logged_in', tenant));
  expect(await Promise.all(admitted)).not.toContain(false);
  // Nor is it a second symbol of somebody logged in that goes, as long as a stranger has a place.
  expect(await asks.isWanted('user:0 b')).toBe(true);
  await askBehind();
  expect(await redis.zcard(key)).toBe(500);
  // Among themselves they share: who has none comes before a second symbol, and that before nobody's.
  expect(await asks.admit('user:1 a', 'logged_in', 'user:1')).toBe(true);
  expect(await asks.isWanted('user:0 b')).toBe(false);
  expect(await asks.admit('user:0 b', 'logged_in', 'user:0')).toBe(false);
});

test('what one stranger has asked for belongs to those logged in who join it, and is not too much of one', async () => {
  const symbols = Array.from({ length: 500 }, (_, index) => `symbol ${index}`);
  for (const symbol of symbols.slice(0, 30)) await asks.admit(symbol, 'anonymous_cold', 'address:a');
  for (const symbol of symbols) expect(await asks.admit(symbol, 'logged_in', `user:${symbol}`)).toBe(true);
  expect(await asks.admit('a poll', 'watchlist')).toBe(false);
});

test('a lane behind takes its own places from other lanes behind where everybody logged in has few', async () => {
  for (let index = 0; index < 300; index += 1) await asks.admit(`user:${index} a`, 'logged_in', `user:${index}`);
  for (let index = 0; index < 200; index += 1) await asks.admit(`cold ${index}`, 'anonymous_cold', `address:${index}`);
  const polls = Array.from({ length: 30 }, (_, index) => asks.admit(`poll ${index}`, 'watchlist'));
  expect((await Promise.all(polls)).filter(Boolean)).toHaveLength(20);
  expect(await redis.zcard(key)).toBe(300);
});

test('polling never takes the last hundred places: they are for who asks', async () => {
  const admitted = async (count: number, lane: 'watchlist' | 'anonymous_cold') => {
    const all = await Promise.all(Array.from({ length: count }, (_, index) => asks.admit(`${lane} ${index}`, lane)));
    return all.filter(Boolean).length;
  };
  expect(await admitted(600, 'watchlist')).toBe(400);
  expect(await admitted(200, 'anonymous_cold')).toBe(100);
});
