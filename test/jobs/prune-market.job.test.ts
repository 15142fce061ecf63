import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CryptoData } from '../../src/entities/crypto-data.entity.ts';
import { StockQuote } from '../../src/entities/stock-quote.entity.ts';
import { pruneMarket } from '../../src/jobs/prune-market.job.ts';
import { observedPrice } from '../observed-price.ts';
import { performJob } from '../perform-job.ts';
import { openTestApi, type TestApi } from '../test-context.ts';

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
    const attempt = { id: 'a', payload: {}, askedAtMs: 0, signal: AbortSignal.abort() };
    expect(await pruneMarket.work(attempt, { ...api.ctx, now: () => at })).toEqual({ deleted: 0 });
    expect(await left(StockQuote, 'AAPL')).toHaveLength(3);
  });
});
