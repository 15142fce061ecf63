import { afterAll, beforeAll, expect, test } from 'vitest';
import { StockQuote } from '../../../src/entities/market.entity.ts';
import { GiveUp, RateLimited } from '../../../src/errors.ts';
import { mostAhead } from '../../../src/jobs/lane-shares.ts';
import { finnhub as queue } from '../../../src/jobs/queues.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { fetchQuote, quoteName } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const apple = { c: 245.5, d: 7.62, dp: 3.2033, h: 246.3, l: 240.2106, o: 241.225, pc: 237.88, t: 1758312000 };
const good = { quote: async () => apple };
const zeros = { quote: async () => undefined };
const run = (symbol: string, options: Parameters<MarketDesk['run']>[2] = {}) =>
  desk.run(fetchQuote, { symbol }, { wanted: quoteName(symbol), ...options });
const rows = (symbol: string) => desk.ctx.orm.em.fork().find(StockQuote, { symbol });
const eventsOf = async (symbol: string) => (await desk.events()).filter(({ subject }) => subject === symbol);

test('works: one row, one event, one copy, and the place among those who wait is free', async () => {
  expect(await run('AAPL', { finnhub: good })).toEqual({ symbol: 'AAPL', outcome: 'stored' });
  expect(await rows('AAPL')).toMatchObject([{ current: 245.5, change: 7.62, low: 240.2106, quotedAt: 1758312000 }]);
  const data = { symbol: 'AAPL', ...apple, as_of: '2026-11-22T10:15:00.000Z', source: 'finnhub' };
  expect(await eventsOf('AAPL')).toEqual([{ type: 'quote.updated', subject: 'AAPL', data }]);
  const copy = await desk.ctx.market.cache.read(quoteName('AAPL'));
  expect(JSON.parse(`${copy?.body}}`)).toEqual(data);
  expect(await desk.ctx.market.asks.isWanted(quoteName('AAPL'))).toBe(false);
});

test('a quote without changes keeps them null, and all its decimals', async () => {
  const old = { ...apple, c: 0.00001234, d: null, dp: null };
  await run('OLD', { finnhub: { quote: async () => old } });
  expect(await rows('OLD')).toMatchObject([{ current: 0.00001234, change: null, changePercent: null }]);
  expect(await eventsOf('OLD')).toMatchObject([{ data: { c: 0.00001234, d: null } }]);
});

test('runs twice: the row is rewritten, not doubled', async () => {
  await run('MSFT', { finnhub: good, id: 'the-same' });
  await desk.ctx.redis.del(`copy:${quoteName('MSFT')}`);
  await run('MSFT', { finnhub: { quote: async () => ({ ...apple, c: 246 }) }, id: 'the-same' });
  expect(await rows('MSFT')).toMatchObject([{ current: 246 }]);
});

test('what the provider says again, moment and all, is one observation; the copy is as new as the last answer', async () => {
  const again = async (c: number, t: number) => {
    desk.pass(60_000);
    return run('IBM', { finnhub: { quote: async () => ({ ...apple, c, t }) } });
  };
  for (const [c, t] of [
    [245.5, 1],
    [245.5, 1],
    [245.5, 2],
    [245.6, 2],
    [245.5, 2],
  ] as const)
    expect((await again(c, t)).outcome).toBe('stored');
  const stored = await rows('IBM');
  expect(stored.map(({ current, quotedAt }) => [current, quotedAt])).toEqual([
    [245.5, 1],
    [245.5, 2],
    [245.6, 2],
    [245.5, 2],
  ]);
  await again(245.5, 2);
  const copy = await desk.ctx.market.cache.read(quoteName('IBM'));
  expect(copy?.observedAtMs).toBe(desk.now().getTime());
  expect(await rows('IBM')).toHaveLength(4);
});

test('asks nobody when another fetch has just stored what was asked for', async () => {
  await run('NVDA', { finnhub: good });
  expect((await run('NVDA')).outcome).toBe('current');
  expect(await rows('NVDA')).toHaveLength(1);
});

test('gives the turn of its lane to the next there when nobody wants it any longer', async () => {
  const shares = desk.ctx.jobs.laneShares.get(queue.name);
  const inFront = async () => (await shares?.count())?.get('logged_in');
  const id = await desk.ctx.jobs.enqueue(fetchQuote, { symbol: 'GONE' }, { lane: 'watchlist' });
  await desk.ctx.jobs.enqueue(fetchQuote, { symbol: 'NEXT' }, { lane: 'watchlist' });
  for (let calls = 0; calls < mostAhead; calls += 1) await shares?.noteCall('logged_in');
  expect(await inFront()).toBe(1);
  expect((await desk.run(fetchQuote, { symbol: 'GONE' }, { id })).outcome).toBe('not_wanted');
  await shares?.noteCall('logged_in');
  expect(await inFront()).toBe(2);
});

test('asks nobody when nobody wants it any longer', async () => {
  expect(await desk.run(fetchQuote, { symbol: 'GE' })).toEqual({ symbol: 'GE', outcome: 'not_wanted' });
  expect(await rows('GE')).toEqual([]);
});

test('zeros leave a good copy as it is, also when only MySQL has it', async () => {
  await run('TSLA', { finnhub: good });
  desk.pass(60_000);
  expect((await run('TSLA', { finnhub: zeros })).outcome).toBe('unchanged');
  desk.pass(60_000);
  await desk.ctx.redis.del(`copy:${quoteName('TSLA')}`, `looked:${quoteName('TSLA')}`);
  expect((await run('TSLA', { finnhub: zeros })).outcome).toBe('unchanged');
  expect(await rows('TSLA')).toMatchObject([{ current: 245.5 }]);
  expect(await eventsOf('TSLA')).toHaveLength(1);
});

test('zeros without a good copy cost one search; no exact hit is remembered and never stored', async () => {
  const searched: string[] = [];
  const isListed = async (symbol: string) => {
    searched.push(symbol);
    return false;
  };
  expect((await run('ZZZ', { finnhub: { ...zeros, isListed } })).outcome).toBe('unknown_symbol');
  expect(searched).toEqual(['ZZZ']);
  expect(await desk.ctx.market.cache.isUnknown(quoteName('ZZZ'))).toBe(true);
  expect(await desk.ctx.market.asks.isWanted(quoteName('ZZZ'))).toBe(false);
  expect(await rows('ZZZ')).toEqual([]);
});

test('asks nobody about what another fetch has just found to be no symbol', async () => {
  await run('XXX', { finnhub: { ...zeros, isListed: async () => false } });
  const calls: string[] = [];
  const quote = async (symbol: string) => void calls.push(symbol);
  expect((await run('XXX', { finnhub: { quote } })).outcome).toBe('unknown_symbol');
  expect(calls).toEqual([]);
  expect(await desk.ctx.market.asks.isWanted(quoteName('XXX'))).toBe(false);
});

test('when no call is left for the search, the next try searches only', async () => {
  const noCallLeft = async () => {
    throw new RateLimited(1);
  };
  await expect(run('YYY', { finnhub: { ...zeros, isListed: noCallLeft } })).rejects.toThrow(RateLimited);
  expect((await run('YYY', { finnhub: { isListed: async () => false } })).outcome).toBe('unknown_symbol');
  expect(await desk.ctx.market.cache.hadNothing(quoteName('YYY'))).toBe(false);
});

test('gives up on a listed symbol without a price, which stays unknown to nobody', async () => {
  const finnhub = { ...zeros, isListed: async () => true };
  await expect(run('NEW', { finnhub })).rejects.toThrow(GiveUp);
  expect(await desk.ctx.market.cache.isUnknown(quoteName('NEW'))).toBe(false);
  await fetchQuote.farewell?.({ symbol: 'NEW' }, new Error('over'), desk.ctx);
  expect(await desk.ctx.market.asks.isWanted(quoteName('NEW'))).toBe(false);
});

test('a budget that is used up passes through, and the asker keeps waiting', async () => {
  const quote = async () => Promise.reject(new RateLimited(700));
  await expect(run('AMD', { finnhub: { quote } })).rejects.toThrow(RateLimited);
  expect(await desk.ctx.market.asks.isWanted(quoteName('AMD'))).toBe(true);
});
