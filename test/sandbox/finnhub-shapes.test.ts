import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const lastWeek = `from=${daysAgo(8)}&to=${daysAgo(2)}`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const get = async (path: string, key = 'free') => {
  const answer = await fetch(sandbox.urls.finnhub + path, { headers: { 'X-Finnhub-Token': key } });
  const body: unknown = await answer.json();
  return { status: answer.status, headers: answer.headers, body };
};
const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../recorded/finnhub/${name}.json`, import.meta.url), 'utf8'));

/** A value reduced to its keys and the types of what they hold; lists to the shape of their first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

test.each([
  ['/quote?symbol=AAPL', 'quote-AAPL'],
  ['/quote?symbol=BINANCE:BTCUSDT', 'quote-AAPL'],
  ['/search?q=apple', 'search-apple'],
  ['/stock/profile2?symbol=AAPL', 'profile2-AAPL'],
  [`/company-news?symbol=AAPL&${lastWeek}`, 'company-news-AAPL'],
  ['/stock/market-holiday?exchange=US', 'market-holiday-US'],
  ['/stock/recommendation?symbol=AAPL', 'recommendation-AAPL'],
  ['/stock/peers?symbol=AAPL', 'peers-AAPL'],
])('%s has the recorded shape', async (path, name) => {
  const { status, body } = await get(path);
  expect(status).toBe(200);
  expect(shapeOf(body)).toEqual(shapeOf(recorded(name)));
});

test('the earnings calendar has the recorded keys, and says nothing of what has not been told', async () => {
  const Calendar = z.object({ earningsCalendar: z.array(z.record(z.string(), z.unknown())).min(1) });
  const [next = {}] = Calendar.parse((await get('/calendar/earnings?symbol=AAPL')).body).earningsCalendar;
  const [sample = {}] = Calendar.parse(recorded('earnings-AAPL')).earningsCalendar;
  expect(Object.keys(next).toSorted()).toEqual(Object.keys(sample).toSorted());
  expect(next).toMatchObject({ epsActual: null, revenueActual: null, symbol: 'AAPL' });
});

test('the market status has the recorded keys', async () => {
  const keys = (value: unknown) => Object.keys(z.record(z.string(), z.unknown()).parse(value)).sort();
  expect(keys((await get('/stock/market-status?exchange=US')).body)).toEqual(keys(recorded('market-status-US')));
});

test('the limit headers are the recorded ones', async () => {
  const { headers } = await get('/quote?symbol=AAPL');
  const names = [...headers.keys()].filter((name) => name.startsWith('x-ratelimit')).sort();
  expect(names).toEqual(Object.keys(z.record(z.string(), z.string()).parse(recorded('headers'))).sort());
});

test('unknown symbols are answered with recorded nothing, not with an error', async () => {
  expect(await get('/quote?symbol=ZZZNOTASYMBOL')).toMatchObject({ status: 200, body: recorded('quote-unknown') });
  expect((await get('/stock/profile2?symbol=ZZZ')).body).toEqual(recorded('profile2-unknown'));
  expect((await get(`/company-news?symbol=ZZZ&${lastWeek}`)).body).toEqual([]);
  expect((await get('/stock/recommendation?symbol=ZZZ')).body).toEqual([]);
  expect((await get('/calendar/earnings?symbol=ZZZ')).body).toEqual({ earningsCalendar: [] });
  expect((await get('/stock/peers?symbol=ZZZ')).body).toEqual([]);
  expect((await get('/search?q=ZZZNOTASYMBOL')).body).toEqual({ count: 0, result: [] });
});

test('a free key has no forex rates, a premium key has', async () => {
  expect(await get('/forex/rates?base=USD')).toMatchObject({ status: 403, body: recorded('403-free-key') });
  const { body } = await get('/forex/rates?base=USD', 'a-premium-key');
  expect(body).toMatchObject({ base: 'USD', quote: { USD: 1, EUR: expect.any(Number), JPY: expect.any(Number) } });
});

test('quotes move, and agree with themselves', async () => {
  const Quote = z.record(z.enum(['c', 'd', 'dp', 'h', 'l', 'o', 'pc', 't']), z.number());
  const seen = new Map<number, number>();
  const look = async () => {
    const { c, d, dp, h, l, o, pc, t } = Quote.parse((await get('/quote?symbol=NVDA')).body);
    seen.set(t, c);
    expect(h).toBeGreaterThanOrEqual(Math.max(c, o));
    expect(l).toBeLessThanOrEqual(Math.min(c, o));
    expect(d).toBe(Number((c - pc).toFixed(2)));
    expect(dp).toBe(Number((((c - pc) / pc) * 100).toFixed(4)));
    return new Set(seen.values()).size;
  };
  await expect.poll(look, { interval: 400 }).toBeGreaterThan(1);
});

test('news keeps to the days asked for, with ids of its own', async () => {
  const Articles = z.array(z.object({ id: z.int(), datetime: z.int(), related: z.string() }));
  const articles = Articles.parse((await get(`/company-news?symbol=MSFT&${lastWeek}`)).body);
  expect(articles.length).toBeGreaterThan(15);
  expect(new Set(articles.map(({ id }) => id)).size).toBe(articles.length);
  const [from, to] = [Date.parse(daysAgo(8)) / 1000, Date.parse(daysAgo(1)) / 1000];
  expect(articles.every(({ datetime }) => datetime >= from && datetime < to)).toBe(true);
});
