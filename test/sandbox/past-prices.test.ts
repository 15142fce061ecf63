import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openHours } from '../../sandbox/finnhub/hours.ts';
import { openMarket } from '../../sandbox/finnhub/market.ts';
import { pastPrices } from '../../sandbox/finnhub/past-prices.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

const Quotes = z.array(z.looseObject({ c: z.number(), t: z.int() }));
const from = Date.parse('2026-11-20T12:00:00Z');
const hourMs = 3_600_000;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ args: ['--seed', '7'] });
});
afterAll(() => sandbox.stop());

const ask = (query: Readonly<Record<string, string>>) =>
  fetch(new URL(`/prices?${new URLSearchParams(query).toString()}`, sandbox.urls.control));
const hour = { symbol: 'AAPL', from: '2026-11-20T12:00:00Z', to: '2026-11-20T13:00:00Z', every: '60' };

test('prices of the past are what would have been answered then, and follow from the seed', async () => {
  const quotes = Quotes.parse(await (await ask(hour)).json());
  expect(quotes).toHaveLength(61);
  const market = openMarket(7, openHours('always'));
  for (const [index, quote] of quotes.entries()) expect(quote).toEqual(market('AAPL', from + index * 60_000));
  expect(Quotes.parse(await (await ask(hour)).json())).toEqual(quotes);
});

test('they come once each, also while the exchange is closed, and none of what nobody lists', () => {
  const market = openMarket(1, openHours('exchange'));
  const asked = { symbol: 'AAPL', from, to: from + 48 * hourMs, every: 600 };
  const quotes = pastPrices(market, asked);
  expect(new Set(quotes.map(({ t }) => t)).size).toBe(quotes.length);
  // From Friday morning to Sunday noon there is one session, six and a half hours long, and the close before it.
  expect(quotes.length).toBeGreaterThan(36);
  expect(quotes.length).toBeLessThan(45);
  expect(pastPrices(market, { ...asked, symbol: 'NONE' })).toEqual([]);
});

test('what cannot be answered is refused', async () => {
  for (const wrong of [
    { every: '0' },
    { every: 'x' },
    { from: 'yesterday' },
    { to: '2026-11-19T00:00:00Z' },
    { symbol: '' },
  ])
    expect((await ask({ ...hour, ...wrong })).status, JSON.stringify(wrong)).toBe(422);
  expect((await ask({ ...hour, from: '2025-11-20T12:00:00Z' })).status).toBe(422);
});

test('whoever looks back leaves the market where it is', async () => {
  const now = async () =>
    z
      .looseObject({ t: z.int() })
      .parse(
        await (
          await fetch(`${sandbox.urls.finnhub}/quote?symbol=AAPL`, { headers: { 'x-finnhub-token': 'any' } })
        ).json(),
      ).t;
  const before = await now();
  await ask(hour);
  expect(await now()).toBeGreaterThanOrEqual(before);
});
