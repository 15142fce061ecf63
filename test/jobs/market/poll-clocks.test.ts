import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openContext } from '../../../src/context.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { pollSymbol } from '../../../src/jobs/market/poll-symbol.job.ts';
import { kindOf, type Watched } from '../../../src/market/watchlist.ts';
import { presentOf } from '../../../src/mysql/present.ts';
import { type MarketDesk, openMarketDesk, type RunOptions } from '../../support/api/market-jobs.ts';
import { fetchQuote, quoteName } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk({ WATCHLIST: '' });
  // It is filled when it is first read.
  await desk.ctx.market.watchlist.all();
});
afterAll(() => desk.close());
beforeEach(async () => {
  await desk.ctx.redis.flushdb();
  // Each test has slots of its own.
  desk.pass(3_600_000);
});

const em = () => desk.ctx.orm.em.fork();
const watch = async (symbol: string, more: Partial<Watched> = {}) => {
  const row = { symbol, kind: kindOf(symbol), everySeconds: 20, addedBy: null, polledAt: null };
  await em().upsert(WatchedSymbol, { ...row, createdAt: new Date(), ...more });
};
/** Polls a symbol whose market is open, unless told otherwise. */
const poll = async (symbol: string, { isOpen = true, ...more }: RunOptions['with'] & { isOpen?: boolean } = {}) => {
  const hours = { ...desk.ctx.market.hours, isOpen: async () => isOpen };
  return (await desk.run(pollSymbol, { symbol }, { with: { hours, ...more } })).outcome;
};

describe('a process whose clock is wrong', () => {
  const hourMs = 3_600_000;
  /** The market of a process whose clock is ahead of the database's by so much. */
  const ahead = (ms: number) => ({ with: { present: async () => new Date(desk.now().getTime() - ms) } });
  const quote = async () => ({ c: 245.5, d: null, dp: null, h: 246.3, l: 240.2, o: 241.2, pc: 237.8, t: 1758312000 });
  const fetchIn = async (options: RunOptions) =>
    (
      await desk.run(
        fetchQuote,
        { symbol: 'AAPL', poll: true },
        { wanted: quoteName('AAPL'), lane: 'watchlist', finnhub: { quote }, ...options },
      )
    ).outcome;
  const polledAt = async () => (await em().findOneOrFail(WatchedSymbol, { symbol: 'AAPL' })).polledAt;

  it('claims the slot that lasts by the clock of the database, and none of those that come', async () => {
    await watch('AAPL');
    expect(await fetchIn(ahead(hourMs))).toBe('stored');
    expect((await polledAt())?.getTime()).toBe(desk.now().getTime() - hourMs);
    expect(await fetchIn(ahead(hourMs))).toBe('not_wanted');
    desk.pass(20_000);
    expect(await fetchIn(ahead(hourMs))).toBe('stored');
  });

  it('asks in each slot all the same', async () => {
    const databaseMs = desk.now().getTime() + hourMs;
    await watch('IBM', { polledAt: new Date(databaseMs - 20_000) });
    expect(await poll('IBM', ahead(-hourMs).with)).toBe('asked');
  });

  it('polls on after a claim by a clock of the database that was ahead, also while the market is closed', async () => {
    for (const isOpen of [true, false]) {
      await watch('AAPL', { polledAt: new Date(desk.now().getTime() + hourMs) });
      expect(await poll('AAPL', { isOpen })).toBe('asked');
      expect(await fetchIn({})).toBe('stored');
      expect(await polledAt()).toEqual(desk.now());
      expect(await fetchIn({})).toBe('not_wanted');
      await desk.ctx.redis.flushdb();
    }
  });

  it('keeps no poll from asking by what it has stored', async () => {
    await watch('AAPL', { polledAt: null });
    await desk.ctx.market.cache.write(quoteName('AAPL'), { body: '{', observedAtMs: desk.now().getTime() });
    expect(await poll('AAPL', ahead(hourMs).with)).toBe('asked');
  });

  it('calls in each slot, also where it has stored later than others ask by their clocks', async () => {
    await watch('AAPL');
    for (let slot = 0; slot < 3; slot += 1) {
      const askedAtMs = desk.now().getTime() - hourMs;
      expect(await fetchIn({ ...ahead(hourMs), askedAtMs })).toBe('stored');
      desk.pass(20_000);
    }
  });

  it('keeps no reader from a call by what it has stored', async () => {
    const askedAtMs = desk.now().getTime() - hourMs;
    const read = async (options: RunOptions) => {
      const asked = { wanted: quoteName('AAPL'), finnhub: { quote }, askedAtMs };
      return (await desk.run(fetchQuote, { symbol: 'AAPL' }, { ...asked, ...options })).outcome;
    };
    expect(await read(ahead(hourMs))).toBe('stored');
    desk.pass(600_000);
    expect(await read(ahead(hourMs))).toBe('stored');
    desk.pass(600_000);
    // By a clock that is right, it is as new as whoever asked before that can want.
    expect(await read({})).toBe('current');
  });

  it('counts by the database’s, as all do', async () => {
    const own = await openContext(desk.ctx.config, 'test');
    expect(own.market.present).toBe(presentOf);
    await own.close();
  });
});
