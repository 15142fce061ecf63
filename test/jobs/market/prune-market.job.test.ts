import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CryptoData, ForexRate, MarketNews, NewsCoverage, StockQuote } from '../../../src/entities/market.entity.ts';
import { pruneMarket } from '../../../src/jobs/market/prune-market.job.ts';
import { storedNews } from '../../support/api/market-kinds.ts';
import { observedPrice } from '../../support/api/observed-price.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const at = new Date('2026-11-22T12:00:00.000Z');
const limitMs = at.getTime() - 400 * 86_400_000;
let api: TestApi;
let count = 0;

beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  for (const table of [StockQuote, CryptoData]) await em().nativeDelete(table, {});
  await em().nativeDelete(ForexRate, {});
});

const em = () => api.ctx.orm.em.fork();
/** Stores prices observed so many milliseconds after the oldest that is kept. */
const observe = (table: typeof StockQuote | typeof CryptoData, symbol: string, ...offsetsMs: number[]) => {
  const rows = offsetsMs.map((offset) => ({
    ...observedPrice(symbol, 0),
    jobId: `job-${(count += 1)}`,
    observedAt: new Date(limitMs + offset),
  }));
  return table === CryptoData ? em().insertMany(CryptoData, rows) : em().insertMany(StockQuote, rows);
};
const left = async (table: typeof StockQuote | typeof CryptoData, symbol: string) =>
  (await em().find(table, { symbol }, { orderBy: { observedAt: 'asc' } })).map(
    ({ observedAt }) => observedAt.getTime() - limitMs,
  );
const prune = (ctx = api.ctx) => performJob(pruneMarket, {}, { ...ctx, now: () => at });

describe('prune-market', () => {
  it('deletes prices older than 400 days, to the millisecond, of shares and of coins', async () => {
    await observe(StockQuote, 'AAPL', -5_000, -1, 0, 5_000);
    await observe(StockQuote, 'MSFT', 0, 1);
    await observe(CryptoData, 'BINANCE:BTCUSDT', -2, 2);
    expect(await prune()).toEqual({ deleted: 3 });
    expect(await left(StockQuote, 'AAPL')).toEqual([0, 5_000]);
    expect(await left(StockQuote, 'MSFT')).toEqual([0, 1]);
    expect(await left(CryptoData, 'BINANCE:BTCUSDT')).toEqual([2]);
  });

  it('leaves the last price of a symbol, however old: it is its stored copy', async () => {
    await observe(StockQuote, 'IBM', -9_000, -8_000);
    expect(await prune()).toEqual({ deleted: 1 });
    expect(await left(StockQuote, 'IBM')).toEqual([-8_000]);
  });

  it('deletes rates of more than 400 days ago, but the last of each base', async () => {
    const rates = (base: string, offsetMs: number) => {
      const asOf = new Date(limitMs + offsetMs);
      return { base, publication: `day-${(count += 1)}`, rates: { USD: '1.1' }, asOf, observedAt: at, source: 'ecb' };
    };
    await em().insertMany(ForexRate, [rates('EUR', -2), rates('EUR', -1), rates('EUR', 0)]);
    await em().insertMany(ForexRate, [rates('CHF', -3), rates('CHF', -2)]);
    expect(await prune()).toEqual({ deleted: 3 });
    const stay = await em().find(ForexRate, {}, { orderBy: { base: 'asc' } });
    expect(stay.map(({ base, asOf }) => [base, asOf.getTime() - limitMs])).toEqual([
      ['CHF', -2],
      ['EUR', 0],
    ]);
  });

  it('deletes news of more than 400 days ago, and that they have ever been fetched', async () => {
    const texts = { category: '', headline: 'News', image: '', related: '', publisher: '', summary: '', url: '' };
    const article = (providerId: number, seconds: number) => {
      const publishedAt = limitMs / 1_000 + seconds;
      return { symbol: 'AAPL', providerId, publishedAt, source: 'finnhub', ...texts };
    };
    await em().insertMany(MarketNews, [article(1, -86_400), article(2, -1), article(3, 0), article(4, 1)]);
    const fetched = (fromDay: string) => ({
      symbol: 'AAPL',
      fromDay,
      toDay: '2026-11-22',
      observedAt: at,
      source: 'finnhub',
    });
    await em().insertMany(NewsCoverage, [fetched('2025-10-17'), fetched('2025-10-18'), fetched('2025-10-19')]);
    expect(await prune()).toEqual({ deleted: 4 });
    const stay = await em().find(MarketNews, {}, { orderBy: { providerId: 'asc' } });
    expect(stay).toMatchObject([{ providerId: 3 }, { providerId: 4 }]);
    // The 18th is the limit's own day: some of its news are gone.
    expect(await em().find(NewsCoverage, {})).toMatchObject([{ fromDay: '2025-10-19' }]);
    expect(await storedNews(em(), { symbol: 'AAPL', from: '2025-10-18', to: '2025-10-20' })).toBeUndefined();
  });

  it('finds nothing to do when it runs again', async () => {
    await observe(StockQuote, 'AAPL', -2, -1, 0);
    await prune();
    expect(await prune()).toEqual({ deleted: 0 });
  });

  it('deletes at most a thousand at a time, each in a transaction of its own', async () => {
    await observe(StockQuote, 'AAPL', ...Array.from({ length: 2_002 }, (_, index) => index - 2_001));
    const remaining: number[] = [];
    const { transaction } = api.ctx;
    const counted: typeof transaction = async (work) => {
      const result = await transaction(work);
      remaining.push(await em().count(StockQuote));
      return result;
    };
    expect(await prune({ ...api.ctx, transaction: counted })).toEqual({ deleted: 2_001 });
    expect(remaining).toEqual([1_002, 2, 1]);
  });

  it('stops where it is when its time is up, and says how far it came', async () => {
    await observe(StockQuote, 'AAPL', -2, -1, 0);
    const attempt = { id: 'a', payload: {}, askedAtMs: 0, signal: AbortSignal.abort(), report() {} };
    expect(await pruneMarket.work(attempt, { ...api.ctx, now: () => at })).toEqual({ deleted: 0 });
    expect(await left(StockQuote, 'AAPL')).toHaveLength(3);
  });
});
