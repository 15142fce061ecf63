import { afterAll, beforeAll, expect, test } from 'vitest';
import { StockQuote } from '../../../src/entities/market.entity.ts';
import { type RedisServer, startRedis } from '../../support/processes/platform.ts';
import { example, type MarketHouse, openMarketHouse } from '../../support/api/market-api.ts';

let redis: RedisServer;
let house: MarketHouse;
beforeAll(async () => {
  redis = await startRedis();
  house = await openMarketHouse(redis.env);
});
afterAll(async () => {
  await redis.restart();
  await house.close();
  await redis.stop();
});

test('while Redis is away, MySQL’s copy is the answer, and without one it is 503 with a time to come back', async () => {
  await house.ctx.orm.em.fork().insert(StockQuote, {
    symbol: 'AAPL',
    jobId: 'earlier',
    current: example.c,
    change: example.d,
    changePercent: example.dp,
    high: example.h,
    low: example.l,
    open: example.o,
    previousClose: example.pc,
    quotedAt: example.t,
    observedAt: new Date(Date.now() - 3_600_000),
    source: 'finnhub',
  });
  await redis.process().signal('SIGSTOP');
  expect(await house.quote('AAPL')).toMatchObject({ status: 200, body: { ...example, stale: true } });
  await redis.process().signal('SIGKILL');
  expect(await house.quote('AAPL')).toMatchObject({ status: 200, body: { ...example, stale: true } });
  const { status, headers, body } = await house.quote('MSFT');
  expect([status, body['code']]).toEqual([503, 'upstream_unavailable']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});
