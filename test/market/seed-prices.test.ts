import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { CryptoData, StockQuote } from '../../src/entities/market.entity.ts';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { seedPrices } from '../../src/market/seed-prices.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

const Bars = z.object({ data: z.array(z.object({ t: z.int(), l: z.number(), h: z.number(), n: z.int() })) });
const now = new Date();
const symbols = ['AAPL', 'BINANCE:BTCUSDT'];

let api: TestApi;
let sandbox: Sandbox;
beforeAll(async () => {
  [api, sandbox] = await Promise.all([openTestApi(), startSandbox()]);
});
afterAll(async () => {
  await sandbox.stop();
  await api.close();
});

const em = () => api.ctx.orm.em.fork();
const seed = (from = sandbox.urls.control) => seedPrices(api.ctx.orm, { from, symbols });
const barsOf = async (symbol: string, query: string) =>
  Bars.parse(await (await api.send('GET', `/market/bars?symbol=${symbol}&${query}`)).json()).data;

test('days of prices are there for every chart, once, with no call counted and no event told', async () => {
  expect(await seed()).toBeGreaterThan(2 * 1_800);
  const minutes = await barsOf('AAPL', `interval=1m&to=${now.toISOString()}`);
  expect(minutes.length).toBeGreaterThanOrEqual(1_439);
  // A chart begins with these: candles that have a body.
  const shown = minutes.filter(({ t }) => t * 1_000 > now.getTime() - 6 * 3_600_000).slice(1, -1);
  expect(shown.length).toBeGreaterThanOrEqual(357);
  expect(shown.filter(({ n, h, l }) => n === 4 && h > l).length).toBeGreaterThan(shown.length * 0.9);
  const from = new Date(now.getTime() - 6 * 86_400_000).toISOString();
  for (const symbol of symbols) {
    const hours = await barsOf(symbol, `interval=1h&from=${from}`);
    expect(hours.length, symbol).toBeGreaterThanOrEqual(6 * 24 - 1);
    for (const { h, l } of hours) expect(h / l).toBeLessThan(1.1);
  }
  expect(await sandbox.arrivals('finnhub')).toEqual([]);
  expect(await em().count(EventLog, {})).toBe(0);
});

test('a symbol that has prices keeps them as they are', async () => {
  const count = async () => (await em().count(StockQuote, {})) + (await em().count(CryptoData, {}));
  const before = await count();
  expect(await seed()).toBe(0);
  await em().nativeDelete(CryptoData, {});
  expect(await seed()).toBeGreaterThan(1_800);
  expect(await count()).toBe(before);
});

test('of a symbol whose prices cannot be had whole, none is stored', async () => {
  await em().nativeDelete(StockQuote, {});
  await em().nativeDelete(CryptoData, {});
  await expect(seed(sandbox.urls.products)).rejects.toThrow();
  expect(await em().count(StockQuote, {})).toBe(0);
});
