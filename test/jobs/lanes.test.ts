import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { finnhub, mostRestMs, type Lane, lanes, laneOf, priorityOf } from '../../src/jobs/queues.ts';
import { watchDelays, watchRests } from '../../src/workers/keep-redis.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { fetchQuote } from '../support/api/market-kinds.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

const queue = (of = api) => {
  const found = of.ctx.jobs.queues.get(finnhub.name);
  if (!found) throw new Error('there is no such queue');
  return found;
};
const ask = (symbol: string, lane: Lane) => api.ctx.jobs.enqueue(fetchQuote, { symbol }, { lane });
const laneIn = async (id: string) => laneOf((await queue().getJob(id))?.priority ?? -1);

test('lanes come one after another, whoever asked first', async () => {
  const order: Lane[] = ['refresh', 'watchlist', 'anonymous_stale', 'logged_in', 'anonymous_cold'];
  for (const [index, lane] of order.entries()) await ask(`S${index}`, lane);
  const jobs = await queue().getJobs(['waiting', 'prioritized'], 0, -1, true);
  const first = jobs.toSorted((one, other) => one.priority - other.priority).map(({ priority }) => laneOf(priority));
  expect(first).toEqual(lanes.map(({ name }) => name));
});

test('who joins a waiting fetch brings it forward to their lane, and nobody back', async () => {
  const id = await ask('AAPL', 'watchlist');
  expect(await ask('AAPL', 'refresh')).toBe(id);
  expect(await laneIn(id)).toBe('watchlist');
  expect(await ask('AAPL', 'anonymous_cold')).toBe(id);
  expect(await laneIn(id)).toBe('anonymous_cold');
  expect(await ask('AAPL', 'logged_in')).toBe(id);
  expect(await laneIn(id)).toBe('logged_in');
  expect(await ask('AAPL', 'watchlist')).toBe(id);
  expect(await laneIn(id)).toBe('logged_in');
  expect(priorityOf('logged_in')).toBe(0);
});

const Asked = z.object({ symbol: z.string() });
const fetchOrder = async (of = api) => {
  const { redis } = of.ctx;
  const waiting = (await redis.lrange('bull:finnhub:wait', 0, -1)).toReversed();
  const ids = [...waiting, ...(await redis.zrange('bull:finnhub:prioritized', 0, -1))];
  return Promise.all(ids.map(async (id) => Asked.parse((await queue(of).getJob(id))?.data).symbol));
};

test.each(['logged_in', 'anonymous_cold'] as const)(
  'in the lane %s, tenants take turns, and who joins comes forward',
  async (lane) => {
    const wish = (symbol: string, tenant: string) => api.ctx.jobs.enqueue(fetchQuote, { symbol }, { lane, tenant });
    const many = Array.from({ length: 200 }, (_, index) => `M${index}`);
    for (const symbol of many) await wish(symbol, 'user:1');
    const id = await wish('ONE', 'user:2');
    expect((await fetchOrder()).indexOf('ONE')).toBeLessThanOrEqual(1);
    expect(await wish('M150', 'user:2')).toBe(await wish('M150', 'user:1'));
    expect((await fetchOrder()).indexOf('M150')).toBeLessThanOrEqual(3);
    expect((await fetchOrder()).filter((symbol) => symbol !== 'ONE' && symbol !== 'M150')).toEqual(
      many.filter((symbol) => symbol !== 'M150'),
    );
    expect(await laneIn(id)).toBe(lane);
    const [of] = (await api.ctx.jobs.laneShares.get(finnhub.name)?.read(0))?.filter((some) => some.lane === lane) ?? [];
    expect(of?.largest.map(({ tenant }) => tenant)).toEqual(['user:1', 'user:2']);
  },
);

test.each(['logged_in', 'anonymous_cold'] as const)(
  'in the lane %s, whoever has three shares has three turns',
  async (lane) => {
    const weighed = await openTestApi({ TENANT_WEIGHTS: 'user:2=3' });
    try {
      for (const tenant of ['user:1', 'user:2'])
        for (let index = 0; index < 40; index += 1)
          await weighed.ctx.jobs.enqueue(fetchQuote, { symbol: `${tenant.at(-1)}M${index}` }, { lane, tenant });
      const first = (await fetchOrder(weighed)).slice(0, 40);
      expect(first.filter((symbol) => symbol.startsWith('2'))).toHaveLength(30);
    } finally {
      await weighed.close();
    }
  },
);

test('lanes still come one after another, whoever has how many places in one', async () => {
  for (let index = 0; index < 40; index += 1)
    await api.ctx.jobs.enqueue(fetchQuote, { symbol: `A${index}` }, { lane: 'anonymous_cold', tenant: 'address:a' });
  await ask('OLD', 'anonymous_stale');
  for (let index = 0; index < 40; index += 1)
    await api.ctx.jobs.enqueue(fetchQuote, { symbol: `L${index}` }, { lane: 'logged_in', tenant: 'user:1' });
  // Of somebody unknown to shares: as always, in front.
  await ask('FIRST', 'logged_in');
  await api.ctx.jobs.enqueue(fetchQuote, { symbol: 'A30' }, { lane: 'logged_in', tenant: 'user:2' });
  const order = await fetchOrder();
  expect([order[0], order.indexOf('A30') < 4, order.at(-1)]).toEqual(['FIRST', true, 'OLD']);
  expect(order.slice(0, 42).filter((symbol) => symbol.startsWith('L'))).toHaveLength(40);
});

test('a rest without an end, or a longer one than any that is asked for, is ended; others are not', async () => {
  await queue().rateLimit(30_000);
  await watchRests(api.ctx);
  expect(await queue().getRateLimitTtl(0)).toBeGreaterThan(20_000);
  await queue().rateLimit(mostRestMs + 60_000);
  await watchRests(api.ctx);
  expect(await queue().getRateLimitTtl(0)).toBe(-2);
  await api.ctx.redis.set('bull:finnhub:limiter', 1_000_000_000);
  await watchRests(api.ctx);
  expect(await queue().getRateLimitTtl(0)).toBe(-2);
});

test('what a clock that was ahead has put off is brought forward; what was asked for so late, or planned, is not', async () => {
  const hourMs = 3_600_000;
  const put = (name: string, delay: number, aheadMs = 0) =>
    queue().add(name, {}, { delay, timestamp: Date.now() + aheadMs });
  const [soon, late, asked] = [
    await put('soon', 600_000),
    await put('late', 600_000, hourMs),
    await put('asked', hourMs),
  ];
  await queue().upsertJobScheduler('daily', { every: 86_400_000, offset: 43_200_000 }, { name: 'daily' });
  await watchDelays(api.ctx);
  const states = await Promise.all([soon, late, asked].map((job) => job.getState()));
  expect(states).toEqual(['delayed', 'waiting', 'delayed']);
  expect(await queue().getDelayedCount()).toBeGreaterThanOrEqual(1);
});
