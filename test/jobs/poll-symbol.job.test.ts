import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fetchQuote } from '../../src/jobs/fetch-quote.job.ts';
import { pollSymbol } from '../../src/jobs/poll-symbol.job.ts';
import { quoteName } from '../../src/market/quote-copy.ts';
import { scheduleJobs } from '../../src/workers/schedule-jobs.ts';
import { type MarketDesk, openMarketDesk } from '../market-desk.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk({ WATCHLIST: 'AAPL, binance:btcusdt,AAPL' });
});
afterAll(() => desk.close());
beforeEach(() => desk.ctx.redis.flushdb());

const queueOf = (name: string) => {
  const queue = desk.ctx.producer.queues.get(name);
  if (!queue) throw new Error(`there is no queue '${name}'`);
  return queue;
};
const poll = (symbol: string) => desk.run(pollSymbol, { symbol });
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
    expect((await poll('AAPL')).outcome).toBe('asked');
    expect((await poll('BINANCE:BTCUSDT')).outcome).toBe('asked');
    expect(await waiting('prioritized')).toEqual(['fetch-quote AAPL', 'fetch-crypto BINANCE:BTCUSDT']);
    expect(await desk.ctx.asks.isWanted(quoteName('AAPL'))).toBe(true);
  });

  it('runs twice and joins the fetch that waits', async () => {
    await poll('AAPL');
    await poll('AAPL');
    expect(await waiting('prioritized', 'waiting')).toEqual(['fetch-quote AAPL']);
  });

  it('gives way to people: who asks for what is polled brings it forward, and keeps their turn', async () => {
    await poll('TSLA');
    await poll('AAPL');
    const asked = async (symbol: string) => desk.ctx.producer.enqueue(fetchQuote, { symbol });
    await asked('MSFT');
    const id = await asked('AAPL');
    await asked('NVDA');
    await asked('MSFT');
    expect(await inTurn()).toEqual(['MSFT', 'AAPL', 'NVDA', 'TSLA'].map((symbol) => `fetch-quote ${symbol}`));
    expect((await queueOf('finnhub').getJob(id))?.priority).toBe(0);
  });

  it('leaves out what the provider does not know, and what there is no room for', async () => {
    await desk.ctx.cache.markUnknown(quoteName('NOPE'));
    expect((await poll('NOPE')).outcome).toBe('unknown_symbol');
    for (let count = 0; count < 500; count += 1) await desk.ctx.asks.admit(`fetch-quote:S${count}`);
    expect((await poll('AAPL')).outcome).toBe('market_busy');
    expect(await waiting('prioritized', 'waiting')).toEqual([]);
  });

  it('has a schedule for each watched symbol, which use half of the plan at the most', async () => {
    const { definitions } = desk.ctx;
    const only = { ...definitions, jobs: new Map([[pollSymbol.kind, pollSymbol]]) };
    await scheduleJobs({ ...desk.ctx, definitions: only });
    const schedulers = await queueOf('upkeep').getJobSchedulers();
    expect(schedulers.map(({ key }) => key).toSorted()).toEqual(['poll-symbol+AAPL', 'poll-symbol+BINANCE+BTCUSDT']);
    // Two symbols could be polled every 4 s of a 60-a-minute plan; their copies stay fresh for ten.
    expect(new Set(schedulers.map(({ every }) => Number(every)))).toEqual(new Set([11_000]));
    const planned = await queueOf('upkeep').getJobs(['waiting', 'delayed']);
    expect(planned.map(labelOf).toSorted()).toEqual(['poll-symbol AAPL', 'poll-symbol BINANCE:BTCUSDT']);
  });
});
