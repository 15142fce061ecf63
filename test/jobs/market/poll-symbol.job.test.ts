import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StockQuote, WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { RateLimited } from '../../../src/errors.ts';
import { pollSymbol } from '../../../src/jobs/market/poll-symbol.job.ts';
import { slotOffsetMs } from '../../../src/market/polling.ts';
import { kindOf, type Watched } from '../../../src/market/watchlist.ts';
import { scheduleJobs } from '../../../src/workers/schedule-jobs.ts';
import { type MarketDesk, openMarketDesk, type RunOptions } from '../../support/api/market-jobs.ts';
import { fetchQuote, quoteName } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk({ WATCHLIST: 'AAPL, binance:btcusdt,AAPL' });
  // It is filled when it is first read.
  await desk.ctx.market.watchlist.all();
});
afterAll(() => desk.close());
beforeEach(async () => {
  await desk.ctx.redis.flushdb();
  // Each test has slots of its own.
  desk.pass(3_600_000);
});

const queueOf = (name: string) => {
  const queue = desk.ctx.jobs.queues.get(name);
  if (!queue) throw new Error(`there is no queue '${name}'`);
  return queue;
};
/** Polls a symbol; it is watched. */
const poll = async (symbol: string, options: RunOptions = {}) => {
  if ((await em().count(WatchedSymbol, { symbol })) === 0) await watch(symbol);
  const hours = { ...desk.ctx.market.hours, isOpen: async () => true };
  return (await desk.run(pollSymbol, { symbol }, { with: { hours }, ...options })).outcome;
};
const em = () => desk.ctx.orm.em.fork();
const watch = async (symbol: string, more: Partial<Watched> = {}) => {
  const row = { symbol, kind: kindOf(symbol), everySeconds: 20, addedBy: null, polledAt: null };
  await em().upsert(WatchedSymbol, { ...row, createdAt: new Date(), ...more });
};
const Payload = z.object({ symbol: z.string() });
const labelOf = ({ name, data }: Readonly<{ name: string; data: unknown }>) => `${name} ${Payload.parse(data).symbol}`;
const waiting = async (...states: ('waiting' | 'prioritized')[]) =>
  (await queueOf('finnhub').getJobs(states, 0, -1, true)).map(labelOf);
/** What waits for Finnhub, in the order in which a worker would take it. */
const inTurn = async () => {
  const { redis } = desk.ctx;
  const ids = [
    ...(await redis.lrange('bull:finnhub:wait', 0, -1)).toReversed(),
    ...(await redis.zrange('bull:finnhub:prioritized', 0, -1)),
  ];
  const jobs = await Promise.all(ids.map((id) => queueOf('finnhub').getJob(id)));
  return jobs.flatMap((job) => (job ? [labelOf(job)] : []));
};

describe('poll-symbol', () => {
  it('asks for the price in the background: it counts as wanted from its slot on', async () => {
    expect(await poll('AAPL')).toBe('asked');
    expect(await poll('BINANCE:BTCUSDT')).toBe('asked');
    expect(await waiting('prioritized')).toEqual(['fetch-quote AAPL', 'fetch-crypto BINANCE:BTCUSDT']);
    expect(await desk.ctx.market.asks.isWanted(quoteName('AAPL'))).toBe(true);
  });

  it.each([
    ['ETH', 'BINANCE:ETHUSDT'],
    ['DOGEUSDT', 'BINANCE:DOGEUSDT'],
  ])('asks for what was stored as %s before coins had one name each', async (old, symbol) => {
    await em().nativeDelete(WatchedSymbol, {});
    await watch(old, { kind: 'stock', everySeconds: 40 });
    const { watchlist } = desk.ctx.market;
    const version = await watchlist.version();
    const [schedule, ...others] = (await pollSymbol.schedules?.(desk.ctx.jobs.fork())) ?? [];
    expect([schedule, others]).toMatchObject([{ key: symbol, payload: { symbol }, everyMs: 40_000 }, []]);
    expect((await desk.run(pollSymbol, { symbol: old })).outcome).toBe('asked');
    expect(await watchlist.all()).toMatchObject([{ symbol, kind: 'crypto', everySeconds: 40 }]);
    expect(await watchlist.version()).not.toBe(version);
  });

  it('asks once for what was stored under two names', async () => {
    await em().nativeDelete(WatchedSymbol, {});
    await watch('ETH', { kind: 'stock', everySeconds: 20 });
    await watch('BINANCE:ETHUSDT', { everySeconds: 60 });
    expect(await desk.ctx.market.watchlist.all()).toMatchObject([{ symbol: 'BINANCE:ETHUSDT', everySeconds: 60 }]);
  });

  it('asks for nothing that is not watched', async () => {
    expect((await desk.run(pollSymbol, { symbol: 'ORCL' })).outcome).toBe('not_watched');
    expect(await waiting('prioritized', 'waiting')).toEqual([]);
  });

  it('runs twice and joins the fetch that waits', async () => {
    await poll('AAPL');
    await poll('AAPL');
    expect(await waiting('prioritized', 'waiting')).toEqual(['fetch-quote AAPL']);
  });

  it('gives way to people: who asks for what is polled brings it forward, and keeps their turn', async () => {
    await poll('TSLA');
    await poll('AAPL');
    const asked = async (symbol: string) => desk.ctx.jobs.enqueue(fetchQuote, { symbol });
    await asked('MSFT');
    const id = await asked('AAPL');
    await asked('NVDA');
    await asked('MSFT');
    expect(await inTurn()).toEqual(['MSFT', 'AAPL', 'NVDA', 'TSLA'].map((symbol) => `fetch-quote ${symbol}`));
    expect((await queueOf('finnhub').getJob(id))?.priority).toBe(0);
  });

  it('leaves out what the provider does not know, and what there is no room for', async () => {
    await desk.ctx.market.cache.markUnknown(quoteName('NOPE'));
    expect(await poll('NOPE')).toBe('unknown_symbol');
    for (let count = 0; count < 500; count += 1) await desk.ctx.market.asks.admit(`fetch-quote:S${count}`, 'watchlist');
    expect(await poll('AAPL')).toBe('market_busy');
    expect(await waiting('prioritized', 'waiting')).toEqual([]);
  });

  it('has a schedule for each watched symbol, at a slot of its own, and the first run at once', async () => {
    const {
      jobs: { definitions },
      redis,
    } = desk.ctx;
    await em().nativeDelete(WatchedSymbol, {});
    await watch('AAPL');
    await watch('BINANCE:BTCUSDT', { everySeconds: 30 });
    const only = { ...definitions, jobs: new Map([[pollSymbol.kind, pollSymbol]]) };
    const schedule = () => scheduleJobs({ ...desk.ctx, jobs: { ...desk.ctx.jobs, definitions: only } });
    expect(await schedule()).toBe(true);
    const schedulers = await queueOf('upkeep').getJobSchedulers();
    const rhythms = Object.fromEntries(schedulers.map(({ key, every }) => [key, Number(every)]));
    expect(rhythms).toEqual({ 'poll-symbol+AAPL': 20_000, 'poll-symbol+BINANCE+BTCUSDT': 30_000 });
    for (const { key, every, next = 0 } of schedulers)
      expect(next % Number(every)).toBe(
        slotOffsetMs({ symbol: key.slice(12).replace('+', ':'), everySeconds: Number(every) / 1_000 }),
      );
    const both = ['poll-symbol AAPL', 'poll-symbol BINANCE:BTCUSDT'];
    const runs = async (state: 'waiting' | 'delayed') =>
      (await queueOf('upkeep').getJobs([state])).map(labelOf).toSorted();
    expect([await runs('waiting'), await runs('delayed')]).toEqual([both, both]);
    // Another process at it: this one leaves it alone.
    await redis.set('orderflow:scheduling', 'other');
    expect(await schedule()).toBe(false);
    await redis.del('orderflow:scheduling');
    await watch('AAPL', { everySeconds: 45 });
    expect(await schedule()).toBe(true);
    expect([await runs('waiting'), await runs('delayed')]).toEqual([both, both]);
    expect((await queueOf('upkeep').getJobScheduler('poll-symbol+AAPL'))?.every).toBe(45_000);
  });
});

describe('a poll’s fetch', () => {
  const apple = { c: 245.5, d: null, dp: null, h: 246.3, l: 240.2, o: 241.2, pc: 237.8, t: 1758312000 };
  const fetchAs = async (quote: RunOptions['finnhub'], more: RunOptions = {}) =>
    (
      await desk.run(
        fetchQuote,
        { symbol: 'AAPL', poll: true },
        { wanted: quoteName('AAPL'), lane: 'watchlist', ...(quote ? { finnhub: quote } : {}), ...more },
      )
    ).outcome;
  const counting = () => {
    const calls: string[] = [];
    return { calls, quote: async (symbol: string) => (calls.push(symbol), apple) };
  };

  it('calls once a slot, whatever else has been forgotten; people’s fetches call all the same', async () => {
    await watch('AAPL');
    const { calls, quote } = counting();
    expect(await fetchAs({ quote })).toBe('stored');
    await desk.ctx.redis.flushdb();
    expect(await fetchAs({ quote })).toBe('not_wanted');
    expect(calls).toHaveLength(1);
    expect(await fetchAs({ quote }, { lane: 'logged_in' })).toBe('stored');
    desk.pass(20_000);
    expect(await fetchAs({ quote })).toBe('stored');
    expect(calls).toHaveLength(3);
    expect(await poll('AAPL')).toBe('current');
  });

  it('is theirs who have joined it: it calls without a claim, and is one call', async () => {
    await watch('AAPL');
    const { calls, quote } = counting();
    expect(await fetchAs({ quote })).toBe('stored');
    await desk.ctx.redis.flushdb();
    // The slot is spent, and the job that waits was a poll when somebody came.
    expect(await fetchAs({ quote }, { lane: 'anonymous_cold' })).toBe('stored');
    expect(calls).toHaveLength(2);
  });

  it('from before polls said so runs, and claims no slot', async () => {
    await watch('AAPL');
    const { calls, quote } = counting();
    const given = { wanted: quoteName('AAPL'), lane: 'watchlist', finnhub: { quote } } as const;
    expect((await desk.run(fetchQuote, { symbol: 'AAPL' }, given)).outcome).toBe('stored');
    expect(calls).toHaveLength(1);
    await desk.ctx.redis.flushdb();
    expect(await fetchAs({ quote })).toBe('stored');
  });

  it('that nobody wants any more leaves its slot to the next', async () => {
    await watch('AAPL');
    const { calls, quote } = counting();
    const asked = { symbol: 'AAPL', poll: true };
    expect((await desk.run(fetchQuote, asked, { finnhub: { quote } })).outcome).toBe('not_wanted');
    expect(await fetchAs({ quote })).toBe('stored');
    expect(calls).toHaveLength(1);
  });

  it('is not tried again in its slot when it has failed, but is when there was no call left to make', async () => {
    await watch('AAPL');
    const { calls, quote } = counting();
    const limited = async () => Promise.reject(new RateLimited(50));
    await expect(fetchAs({ quote: limited })).rejects.toThrow(RateLimited);
    const broken = async () => Promise.reject(new Error('it broke off'));
    await expect(fetchAs({ quote: broken })).rejects.toThrow('it broke off');
    expect(await fetchAs({ quote })).toBe('not_wanted');
    expect(calls).toEqual([]);
  });

  it('is made at its cadence, also when copies stay fresh for longer', async () => {
    await watch('AAPL', { everySeconds: 2 });
    const before = await em().count(StockQuote, { symbol: 'AAPL' });
    for (let slot = 0; slot < 3; slot += 1) {
      expect(await fetchAs({ quote: async () => ({ ...apple, t: slot }) })).toBe('stored');
      desk.pass(2_000);
      expect(await poll('AAPL')).toBe('asked');
    }
    expect(await em().count(StockQuote, { symbol: 'AAPL' })).toBe(before + 3);
  });

  it('is made by one of several processes at once', async () => {
    await watch('AAPL');
    const { calls, quote } = counting();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => fetchAs({ quote })));
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });
});

describe('while its market is closed', () => {
  const pollClosed = (symbol: string) =>
    poll(symbol, { with: { hours: { ...desk.ctx.market.hours, isOpen: async () => false } } });

  it('a share is asked for once in a quarter of an hour, a coin always', async () => {
    const ago = (seconds: number) => ({ polledAt: new Date(desk.now().getTime() - seconds * 1_000) });
    await watch('IBM', ago(890));
    expect(await pollClosed('IBM')).toBe('closed');
    await watch('IBM', ago(901));
    expect(await pollClosed('IBM')).toBe('asked');
    await watch('BINANCE:ETHUSDT', ago(60));
    expect(await pollClosed('BINANCE:ETHUSDT')).toBe('asked');
  });
});
