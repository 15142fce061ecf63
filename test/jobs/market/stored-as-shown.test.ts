import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { CryptoData } from '../../../src/entities/market.entity.ts';
import type { ProviderQuote } from '../../../src/market/price.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import {
  companyName,
  fetchCompany,
  fetchCrypto,
  fetchForex,
  forexName,
  quoteName,
  storedCompany,
  storedForex,
  storedQuote,
} from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const shown = (copy: Readonly<{ body: string }> | undefined): unknown => copy && JSON.parse(`${copy.body}}`);
const quoteOf = (c: number) => ({
  c,
  d: c / 3,
  dp: 1 / 3,
  h: c * 1.1,
  l: c * 0.9,
  o: c,
  pc: c * 0.7,
  t: 1_795_342_500,
});
const fetch = (symbol: string, quote: ProviderQuote) => {
  desk.pass(60_000);
  return desk.run(
    fetchCrypto,
    { symbol },
    { wanted: quoteName(symbol), finnhub: { quote: async () => quote, isListed: async () => false } },
  );
};
const rows = (symbol: string) => desk.ctx.orm.em.fork().find(CryptoData, { symbol }, { orderBy: { id: 'asc' } });
const em = () => desk.ctx.orm.em.fork();
let made = 0;
const freshSymbol = () => `BINANCE:C${(made += 1)}USDT`;

// Coins as they are priced, and the smallest that has a digit left.
const coins = [0.00000823, 0.00001234567890123456, 4.2e-9, 1.5e-10, 7.77e-13, 1e-18, 91_204.53, 0.1 + 0.2, 1e11];

test.each(coins)(
  'a price of %d is one row of that price however often it is fetched, and the same everywhere',
  async (c) => {
    const symbol = freshSymbol();
    for (let n = 0; n < 4; n += 1) expect(await fetch(symbol, quoteOf(c))).toMatchObject({ outcome: 'stored' });
    const [row, ...more] = await rows(symbol);
    expect(more).toEqual([]);
    expect(row?.current).toBeGreaterThan(0);
    expect(Math.abs((row?.current ?? 0) - c)).toBeLessThanOrEqual(5e-19 + c * 1e-16);

    const copy = await desk.ctx.market.cache.read(quoteName(symbol));
    const told = z.looseObject({ c: z.number() }).parse(shown(copy));
    expect(row).toMatchObject({
      current: told.c,
      change: told['d'],
      high: told['h'],
      low: told['l'],
      previousClose: told['pc'],
    });
    const events = (await desk.events()).filter(({ subject }) => subject === symbol);
    expect(events.map(({ data }) => z.looseObject({ c: z.number() }).parse(data).c)).toEqual(
      [c, c, c, c].map(() => told.c),
    );

    const span = 'from=2026-11-01&to=2026-12-31&limit=10';
    const history = await desk.send('GET', `/market/crypto/history?symbol=${symbol}&${span}`);
    expect(await history.json()).toMatchObject({ data: [{ c: told.c }] });
    const bars = await desk.send('GET', `/market/bars?symbol=${symbol}&interval=1h&from=2026-11-22&to=2026-12-01`);
    expect(await bars.json()).toMatchObject({ data: [{ o: told.c, h: told.c, l: told.c, c: told.c }] });
  },
);

test('any price that is stored comes back as it was shown', async () => {
  const price = fc.tuple(fc.integer({ min: 1, max: 9_007_199_254_740_991 }), fc.integer({ min: -31, max: -5 }));
  await fc.assert(
    fc.asyncProperty(price, async ([digits, exponent]) => {
      const symbol = freshSymbol();
      const { outcome } = await fetch(symbol, quoteOf(Number(`${digits}e${exponent}`)));
      const stored = await storedQuote(em(), symbol);
      if (outcome !== 'stored') expect([stored, Number(`${digits}e${exponent}`) < 5e-19]).toEqual([undefined, true]);
      else expect(shown(stored)).toEqual(shown(await desk.ctx.market.cache.read(quoteName(symbol))));
    }),
    { numRuns: 60, seed: 41 },
  );
});

test('a price too small for any digit is none: nothing is stored, and nothing shown as zero', async () => {
  const symbol = freshSymbol();
  const finnhub = { quote: async () => quoteOf(4e-19), isListed: async () => false };
  const run = desk.run(fetchCrypto, { symbol }, { wanted: quoteName(symbol), finnhub });
  expect(await run).toMatchObject({ outcome: 'unknown_symbol' });
  expect(await rows(symbol)).toEqual([]);
});

test('what stands beside a price may be unknown', async () => {
  const symbol = freshSymbol();
  await fetch(symbol, { ...quoteOf(5), h: null, l: null, o: null, pc: null });
  expect(shown(await storedQuote(em(), symbol))).toMatchObject({ c: 5, h: null, l: null, o: null, pc: null });
});

test('rates and a company’s amounts are shown as they are stored, however many digits they were sent with', async () => {
  const sent = { EUR: 0.1 + 0.2, IDR: 1 / 3e-5, XAU: 1e-7 / 3, BIG: 123_456_789_012_345.6 };
  await desk.run(fetchForex, { base: 'USD' }, { wanted: forexName('USD'), finnhub: { forex: async () => sent } });
  expect(shown(await desk.ctx.market.cache.read(forexName('USD')))).toMatchObject({ quote: sent });
  expect(shown(await storedForex(em(), 'USD'))).toMatchObject({ quote: sent });

  const none = { country: null, currency: null, estimateCurrency: null, exchange: null, finnhubIndustry: null };
  const more = { ipo: null, logo: null, phone: null, weburl: null };
  const amounts = { marketCapitalization: 10 / 3, shareOutstanding: 1e-12 };
  const company = async () => ({ ticker: 'AAPL', name: 'Apple', ...none, ...more, ...amounts });
  await desk.run(fetchCompany, { symbol: 'AAPL' }, { wanted: companyName('AAPL'), finnhub: { company } });
  const stored = shown(await storedCompany(em(), 'AAPL'));
  expect(stored).toEqual(shown(await desk.ctx.market.cache.read(companyName('AAPL'))));
  expect(stored).toMatchObject({ marketCapitalization: 3.3333333333, shareOutstanding: null });
});
