import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { finnhub, mostRestMs, type Lane, lanes, laneOf, priorityOf } from '../../src/jobs/queues.ts';
import { watchRests } from '../../src/workers/keep-redis.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { fetchQuote } from '../support/api/market-kinds.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

const queue = () => {
  const found = api.ctx.jobs.queues.get(finnhub.name);
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
