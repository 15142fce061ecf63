import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompanyProfile, CryptoData, StockQuote } from '../../src/entities/market.entity.ts';
import { company } from '../../src/market/data/company.market.ts';
import { crypto } from '../../src/market/data/crypto.market.ts';
import { news } from '../../src/market/data/news.market.ts';
import { quote } from '../../src/market/data/quote.market.ts';
import { type MarketDesk, openMarketDesk } from '../support/api/market-jobs.ts';
import { fetchQuote, quoteName } from '../support/api/market-kinds.ts';
import { statementsOf } from '../support/stores/statements.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const apple = { c: 245.5, d: 7.62, dp: 3.2033, h: 246.3, l: 240.2106, o: 241.225, pc: 237.88, t: 1_758_312_000 };
const named = (prefix: string) => Array.from({ length: 10 }, (_, index) => `${prefix}${index}`);
const em = () => desk.ctx.orm.em.fork();
/** What it takes, once nothing of before is being sent any more. */
const counted = async (work: () => Promise<unknown>) => {
  await desk.ctx.events.relay.idle();
  return statementsOf(work);
};
/** Hands in a price of a symbol, as a job does that has fetched it so many seconds later than the others. */
const store = (symbol: string, c: number, { jobId = `${symbol}-${c}`, later = 0, data = quote } = {}) => {
  const observedAt = new Date(desk.now().getTime() + later * 1_000);
  const seen = { jobId, observedAt, source: 'finnhub' };
  return desk.ctx.market.store({ data, ask: { symbol }, said: { ...apple, c }, seen });
};
const stored = async (symbol: string) => {
  const rows = await em().find(StockQuote, { symbol }, { orderBy: { id: 'asc' } });
  return rows.map(({ current }) => current);
};
const toldOf = async (symbol: string) => (await desk.events()).filter(({ subject }) => subject === symbol);

describe('what fetches bring at once', () => {
  it('of ten jobs is stored by a few transactions, each with its own row, event and copy', async () => {
    const symbols = named('JOB');
    const haveAsked = Promise.withResolvers<void>();
    let asking = 0;
    const answer = async () => {
      asking += 1;
      if (asking === symbols.length) haveAsked.resolve();
      await haveAsked.promise;
      return apple;
    };
    const run = (symbol: string) =>
      desk.run(fetchQuote, { symbol }, { wanted: quoteName(symbol), finnhub: { quote: answer } });
    const heard = await counted(async () => {
      for (const { outcome } of await Promise.all(symbols.map(run))) expect(outcome).toBe('stored');
    });
    expect(heard.filter((one) => one === 'commit').length, heard.join('\n')).toBeLessThanOrEqual(6);
    for (const symbol of symbols) {
      expect(await stored(symbol)).toEqual([245.5]);
      expect(await toldOf(symbol)).toMatchObject([{ type: 'quote.updated', data: { c: 245.5 } }]);
      expect((await desk.ctx.market.cache.read(quoteName(symbol)))?.observedAtMs).toBe(desk.now().getTime());
    }
  });

  it('takes as many statements for ten prices as for one, and one alone no more than ever', async () => {
    const alone = await counted(() => store('ALONE', 1));
    expect(alone.length, alone.join('\n')).toBeLessThanOrEqual(8);
    const ten = await counted(() => Promise.all(named('TEN').map((symbol) => store(symbol, 1))));
    expect(ten.filter((one) => one.endsWith('stock_quotes'))).toHaveLength(2);
    // Positions of so many events are given by another transaction.
    expect(ten.length, ten.join('\n')).toBeLessThan(16);
    // The same prices, fetched by other jobs, are no other observations.
    await Promise.all(named('TEN').map((symbol) => store(symbol, 1, { jobId: `${symbol}-again`, later: 1 })));
    expect(await Promise.all(named('TEN').map(stored))).toEqual(named('TEN').map(() => [1]));
  });

  it('waits for nothing of another kind: prices are stored while the table of news is locked', async () => {
    const ask = { symbol: 'LOCKED', from: '2026-11-16', to: '2026-11-22' };
    const seen = { jobId: 'news', observedAt: desk.now(), source: 'finnhub' };
    const said = news.call(ask).answer.parse(news.example['data']);
    await em().transactional(async (holder) => {
      // The server would end a session that is silent for as long as this may take.
      await holder.execute('/* of the test */ set session wait_timeout = 600');
      await holder.execute('/* of the test */ lock tables market_news write');
      const storing = Promise.allSettled([desk.ctx.market.store({ data: news, ask, said, seen })]);
      await store('FREE', 1);
      await holder.execute('/* of the test */ unlock tables');
      await storing;
      await holder.execute('/* of the test */ set session wait_timeout = 10');
    });
    expect(await stored('FREE')).toEqual([1]);
  });

  it('of one symbol is what it would be one after the other', async () => {
    await store('SAME', 1);
    await Promise.all([
      store('SAME', 1, { jobId: 'again', later: 1 }),
      store('SAME', 2, { later: 2 }),
      store('SAME', 2, { jobId: 'once more', later: 3 }),
      store('SAME', 3, { jobId: 'twice', later: 4 }),
      store('SAME', 4, { jobId: 'twice', later: 5 }),
    ]);
    expect(await stored('SAME')).toEqual([1, 2, 4]);
    expect(await quote.store.last(em(), { symbol: 'SAME' }, desk.now())).toMatchObject({ facts: { c: 4 } });
    expect(await toldOf('SAME')).toHaveLength(6);
  });

  it('fails alone where it cannot be stored, of whatever kind the others are', async () => {
    const seen = { jobId: 'profile', observedAt: desk.now(), source: 'finnhub' };
    const profile = company.call({ symbol: 'SOUND' }).answer.parse({ ...company.example, ticker: 'SOUND' });
    const ends = await Promise.allSettled([
      store('SOUND', 1),
      store('X'.repeat(40), 1),
      store('BINANCE:SOUNDUSDT', 2, { data: crypto }),
      desk.ctx.market.store({ data: company, ask: { symbol: 'SOUND' }, said: profile, seen }),
      store('OTHER', 3),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect([await stored('SOUND'), await stored('OTHER')]).toEqual([[1], [3]]);
    expect(await em().find(CryptoData, { symbol: 'BINANCE:SOUNDUSDT' })).toMatchObject([{ current: 2 }]);
    expect(await em().find(CompanyProfile, { symbol: 'SOUND' })).toHaveLength(1);
    expect((await toldOf('SOUND')).map(({ type }) => type).toSorted()).toEqual(['company.updated', 'quote.updated']);
    expect(await toldOf('X'.repeat(40))).toEqual([]);
  });
});
