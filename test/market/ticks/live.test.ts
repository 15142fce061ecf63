import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import type { Trade } from '../../../src/gateways/finnhub/trade-frame.ts';
import { openLiveTicks } from '../../../src/market/ticks/live.ts';
import { ownData } from '../../support/stores/servers.ts';
import { unhurriedRedis } from '../../support/stores/unhurried-redis.ts';

let redis: Redis;
let nowMs = Date.UTC(2026, 10, 23, 15);
beforeAll(async () => {
  redis = new Redis({ ...unhurriedRedis(readConfig(await ownData())), enableOfflineQueue: true });
});
afterAll(() => redis.disconnect());
beforeEach(() => redis.flushdb());

const open = () => openLiveTicks(redis, () => new Date(nowMs));
const tradeOf = (symbol: string): readonly [string, Trade] => [symbol, { symbol, price: 1, volume: 2, atMs: nowMs }];

test('a trade stands for a minute, however much is traded of others meanwhile', async () => {
  const live = open();
  await live.tell(new Map([tradeOf('AAPL'), tradeOf('MSFT')]));
  const toldMs = nowMs;
  nowMs += 59_000;
  await live.tell(new Map([tradeOf('MSFT')]));
  expect(await live.read(['AAPL', 'MSFT'])).toEqual([
    { symbol: 'AAPL', p: 1, v: 2, t: toldMs },
    { symbol: 'MSFT', p: 1, v: 2, t: nowMs },
  ]);
  nowMs += 2_000;
  expect(await live.read(['AAPL', 'MSFT'])).toMatchObject([{ symbol: 'MSFT' }]);
});

test('it goes as well after the clock has been put back', async () => {
  const live = open();
  await live.tell(new Map([tradeOf('AAPL')]));
  nowMs -= 3_600_000;
  await live.tell(new Map([tradeOf('MSFT')]));
  nowMs += 61_000;
  await live.tell(new Map([tradeOf('IBM')]));
  expect((await redis.hkeys('market:ticks')).toSorted()).toEqual(['AAPL', 'IBM']);
});

test('what is older goes from Redis once somebody tells again', async () => {
  const live = open();
  await live.tell(new Map([tradeOf('AAPL')]));
  nowMs += 61_000;
  await live.tell(new Map([tradeOf('MSFT')]));
  expect(await redis.hkeys('market:ticks')).toEqual(['MSFT']);
});
