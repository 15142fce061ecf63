import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { NotInPlan, RateLimited } from '../../../src/errors.ts';
import { holidays, marketStatus } from '../../../src/gateways/finnhub/answers.ts';
import { fetchMarketHours } from '../../../src/jobs/market/fetch-market-hours.job.ts';
import { openCalendar } from '../../../src/market/hours.ts';
import { type MarketDesk, openMarketDesk, type RunOptions } from '../../support/api/market-jobs.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk({ WATCHLIST: 'AAPL' });
});
afterAll(() => desk.close());
beforeEach(() => desk.ctx.redis.flushdb());

const thanksgiving = [
  { atDate: '2026-11-26', tradingHour: '' },
  { atDate: '2026-11-27', tradingHour: '09:30-13:00' },
];
const says = (isOpen: boolean) => ({ isMarketOpen: async () => isOpen, holidays: async () => thanksgiving });
const ask = (finnhub: RunOptions['finnhub'] = {}) => desk.run(fetchMarketHours, {}, { finnhub });
const isOpen = (at: string) => desk.ctx.market.hours.isOpen(new Date(at));
const [sunday, monday] = ['2026-11-22T15:00:00Z', '2026-11-23T15:00:00Z'];

test('the provider’s word counts for some minutes, on any day', async () => {
  expect(await ask(says(true))).toEqual({ market: 'open' });
  expect(await isOpen(sunday)).toBe(true);
  expect(await ask(says(false))).toEqual({ market: 'closed' });
  expect(await isOpen(monday)).toBe(false);
  const leftMs = await desk.ctx.redis.pttl('market:status');
  expect(leftMs).toBeGreaterThan(120_000);
  expect(leftMs).toBeLessThanOrEqual(300_000);
});

test('runs twice: holidays are asked for once a day', async () => {
  let asked = 0;
  const counted = { ...says(true), holidays: async () => ((asked += 1), thanksgiving) };
  for (const hours of [0, 1, 22]) {
    desk.pass(hours * 3_600_000);
    await ask(counted);
  }
  expect(asked).toBe(1);
  desk.pass(3_600_000);
  await ask(counted);
  expect(asked).toBe(2);
});

test('without it, New York’s hours and the holidays once learnt decide', async () => {
  expect([await isOpen(sunday), await isOpen(monday)]).toEqual([false, true]);
  expect(await isOpen('2026-11-26T15:00:00Z')).toBe(true);
  await ask(says(true));
  await desk.ctx.redis.del('market:status');
  expect(await isOpen('2026-11-26T15:00:00Z')).toBe(false);
  expect(await isOpen('2026-11-27T17:59:00Z')).toBe(true);
  expect(await isOpen('2026-11-27T18:00:00Z')).toBe(false);
});

test('gives up on nothing: a plan without it, or a provider that is away, leaves what is known', async () => {
  for (const error of [new NotInPlan('not yours'), new Error('away')]) {
    const isMarketOpen = async () => Promise.reject(error);
    expect(await ask({ isMarketOpen })).toEqual({ market: 'unknown' });
  }
  expect(await isOpen(monday)).toBe(true);
  const isMarketOpen = async () => Promise.reject(new RateLimited(100));
  await expect(ask({ isMarketOpen })).rejects.toThrow(RateLimited);
});

test('is asked for while a share is watched, and not for coins alone', async () => {
  const schedules = () => fetchMarketHours.schedules?.(desk.ctx);
  expect(await schedules()).toEqual([{ key: 'US', payload: {}, everyMs: 120_000 }]);
  await desk.ctx.orm.em.fork().nativeUpdate(WatchedSymbol, {}, { kind: 'crypto' });
  expect(await schedules()).toEqual([]);
});

test.each([
  ['2026-11-23T14:29:59Z', false],
  ['2026-11-23T14:30:00Z', true],
  ['2026-11-23T20:59:59Z', true],
  ['2026-11-23T21:00:00Z', false],
  // Summer time: an hour earlier.
  ['2026-07-15T13:30:00Z', true],
  ['2026-07-15T20:00:00Z', false],
  ['2026-07-18T15:00:00Z', false],
])('at %s the exchanges trade: %s', (at, trades) => {
  expect(openCalendar()(new Date(at), [])).toBe(trades);
});

test('what the provider has been recorded to answer is understood', () => {
  const recorded = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`../../recorded/finnhub/${name}-US.json`, import.meta.url), 'utf8'));
  expect(marketStatus.answer.parse(recorded('market-status'))).toEqual({ isOpen: false });
  expect(holidays.answer.parse(recorded('market-holiday')).data).toContainEqual({
    atDate: '2026-11-26',
    tradingHour: '',
  });
});
