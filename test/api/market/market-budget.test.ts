import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { BudgetMinute } from '../../../src/entities/ops.entity.ts';
import { finnhub } from '../../../src/jobs/queues.ts';
import { quote } from '../../../src/market/data/quote.market.ts';
import { openBudget } from '../../../src/gateways/finnhub/budget.ts';
import { pointersOf } from '../../support/api/problem-of.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const BudgetHistory = z.object({
  total: z.record(z.string(), z.int()),
  data: z.array(z.object({ at: z.string(), calls: z.record(z.string(), z.int()) })),
});
const Windows = z.object({
  windows: z.array(z.object({ name: z.string(), used: z.int(), resets_at: z.string().nullable() })),
});
// Nobody looks by himself: what one test has used would be put back into the Redis of the next.
const limits = { perWindow: 60, windowMs: 60_000, perSecond: 30, reserved: 0.2 };
const plan = { key: 'some', ...limits, lookEveryMs: 60_000, holdMs: 0 };
const open = () => openBudget(api.ctx.redis, plan);

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ FINNHUB_API_KEY: plan.key });
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

const seen = async () => {
  const answer = await api.send('GET', '/market/budget');
  expect(answer.status).toBe(200);
  return answer.json();
};
const usedInSecond = async () => {
  const { windows } = Windows.parse(await seen());
  const second = windows.find(({ name }) => name === 'second');
  if (second?.used) expect(second.resets_at).toEqual(momentIn(1_000));
  return second?.used ?? Number.NaN;
};
const lane = (name: string, used: number, waiting = 0) => ({ lane: name, used, waiting });
const momentIn = (ms: number) => ({
  asymmetricMatch: (text: unknown) => Math.abs(Date.parse(String(text)) - Date.now() - ms) < 5_000,
});

test('before any call, both windows are empty', async () => {
  expect(await seen()).toEqual({
    windows: [
      { name: 'minute', window_ms: 60_000, limit: 60, used: 0, reserved: 0, resets_at: null },
      { name: 'second', window_ms: 1_000, limit: 30, used: 0, reserved: 0, resets_at: null },
    ],
    lanes: ['logged_in', 'anonymous_cold', 'anonymous_stale', 'watchlist', 'refresh'].map((name) => lane(name, 0)),
    elsewhere: 0,
    last_429: null,
    resting_until: null,
  });
});

test('calls are told by lane, those of others too, and jobs that wait', async () => {
  const budget = open();
  await budget.hear(await budget.take('anonymous_cold'), { limit: 60, remaining: 57 });
  await budget.take('watchlist');
  const queue = api.ctx.jobs.queues.get(finnhub.name);
  await queue?.addBulk([0, 0, 3].map((priority) => ({ name: 'fetch-quote', data: {}, opts: { priority } })));
  expect(await seen()).toMatchObject({
    windows: [{ name: 'minute', used: 4, resets_at: momentIn(60_000) }, { name: 'second' }],
    lanes: [
      lane('logged_in', 0, 2),
      lane('anonymous_cold', 1),
      lane('anonymous_stale', 0),
      lane('watchlist', 1, 1),
      lane('refresh', 0),
    ],
    elsewhere: 2,
  });
  // A second may be over before it is looked at.
  await until('a second that is told with the call in it', async () => {
    const before = await usedInSecond();
    await budget.take('watchlist');
    return (await usedInSecond()) === before + 1 ? true : undefined;
  });
});

test('what waits is told in its lane also where it has been given its tenant’s place, and brought forward', async () => {
  const { jobs } = api.ctx;
  const tenant = 'user:1';
  for (const symbol of ['AAPL', 'MSFT']) await jobs.enqueue(quote.job, { symbol }, { lane: 'logged_in', tenant });
  for (const symbol of ['IBM', 'ORCL'])
    await jobs.enqueue(quote.job, { symbol }, { lane: 'anonymous_cold', tenant: 'address:1' });
  await jobs.enqueue(quote.job, { symbol: 'TSLA' }, { lane: 'refresh' });
  await jobs.enqueue(quote.job, { symbol: 'ORCL' }, { lane: 'logged_in', tenant });
  expect(await seen()).toMatchObject({
    lanes: [
      lane('logged_in', 0, 3),
      lane('anonymous_cold', 0, 1),
      lane('anonymous_stale', 0),
      lane('watchlist', 0),
      lane('refresh', 0, 1),
    ],
  });
});

test('a refusal is told, and until when nobody calls', async () => {
  await open().rest(7_000);
  expect(await seen()).toMatchObject({
    last_429: { at: momentIn(0), retry_after_seconds: 7 },
    resting_until: momentIn(7_000),
  });
});

test('what was used by lane is told by the minute for an hour, by the hour for a day', async () => {
  const now = Date.now();
  const minutesAgo = (minutes: number) => new Date(now - (now % 60_000) - minutes * 60_000);
  const rows = [
    { minute: minutesAgo(0), lane: 'logged_in', calls: 2 },
    { minute: minutesAgo(0), lane: 'watchlist', calls: 5 },
    { minute: minutesAgo(59), lane: 'watchlist', calls: 3 },
    // Of a lane that there is no more, nothing is told.
    { minute: minutesAgo(59), lane: 'some', calls: 7 },
    { minute: minutesAgo(119), lane: 'refresh', calls: 11 },
    { minute: minutesAgo(26 * 60), lane: 'refresh', calls: 13 },
  ];
  await api.ctx.orm.em.fork().insertMany(BudgetMinute, rows);
  const ask = (query: string) => api.send('GET', `/market/budget/history${query}`);
  const none = { logged_in: 0, anonymous_cold: 0, anonymous_stale: 0, watchlist: 0, refresh: 0 };
  const read = async (query: string) => {
    const answer = await ask(query);
    expect(answer.status).toBe(200);
    const told = BudgetHistory.parse(await answer.json());
    return { ...told, used: told.data.filter(({ calls }) => Object.values(calls).some((count) => count > 0)) };
  };
  const minutes = await read('');
  expect(minutes.total).toEqual({ ...none, logged_in: 2, watchlist: 8 });
  expect(minutes.data).toHaveLength(61);
  expect(minutes.used).toEqual([
    { at: minutesAgo(59).toISOString(), calls: { ...none, watchlist: 3 } },
    { at: minutesAgo(0).toISOString(), calls: { ...none, logged_in: 2, watchlist: 5 } },
  ]);
  const hours = await read('?by=hour');
  expect(hours.total).toEqual({ ...none, logged_in: 2, watchlist: 8, refresh: 11 });
  expect(hours.data).toHaveLength(25);
  expect(await pointersOf(await ask('?by=day'))).toEqual(['by']);
});

test('without a key it is 503 not_configured', async () => {
  const bare = await openTestApi();
  const answer = await bare.send('GET', '/market/budget');
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'not_configured' }]);
  await bare.close();
});
