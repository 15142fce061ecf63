import { expect, test } from 'vitest';
import { listings } from '../../sandbox/finnhub/listings.ts';
import { openHours } from '../../sandbox/finnhub/hours.ts';
import { openMarket, zeros } from '../../sandbox/finnhub/market.ts';

const noon = Date.parse('2026-11-20T12:00:00Z');
const day = 86_400_000;
const always = openHours('always');

test('the same seed and moment give the same quote, whatever was asked before', () => {
  const [asked, fresh] = [openMarket(1, always), openMarket(1, always)];
  for (let second = 0; second < 100; second += 1) asked('AAPL', noon - 100_000 + second * 1000);
  expect(asked('AAPL', noon)).toEqual(fresh('AAPL', noon));
  expect(openMarket(2, always)('AAPL', noon)).not.toEqual(fresh('AAPL', noon));
});

test('a day ends where the next one begins', () => {
  const market = openMarket(1, always);
  const last = market('TSLA', Math.floor(noon / day) * day - 1000);
  const first = market('TSLA', Math.floor(noon / day) * day);
  expect(first.pc).toBe(last.c);
  expect(Math.abs(first.o / first.pc - 1)).toBeLessThan(0.005);
});

test('every listing has a believable week', () => {
  const market = openMarket(1, always);
  expect([...listings.values()].filter(({ type }) => type === 'Common Stock').length).toBeGreaterThanOrEqual(30);
  for (const { symbol, price } of listings.values()) {
    const { c, h, l, o } = market(symbol, noon);
    expect(c / price, symbol).toBeGreaterThan(0.6);
    expect(c / price, symbol).toBeLessThan(1.6);
    expect(h, symbol).toBeGreaterThan(l);
    expect(o, symbol).toBeGreaterThan(0);
  }
  expect(market('NONE', noon)).toBe(zeros);
});
