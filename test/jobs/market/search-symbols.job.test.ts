import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { searchName, searchSymbols } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const hit = (symbol: string) => ({ symbol, description: `${symbol} Inc`, displaySymbol: symbol, type: 'Common Stock' });
const run = (q: string, options: Parameters<MarketDesk['run']>[2]) =>
  desk.run(searchSymbols, { q }, { wanted: searchName(q), ...options });
const answerTo = async (q: string): Promise<unknown> =>
  JSON.parse(`${(await desk.ctx.market.cache.read(searchName(q)))?.body ?? ''}}`);

describe('search-symbols', () => {
  it('caches what was found, best first, for an hour, also when it is nothing', async () => {
    const search = async () => [hit('AAPL'), hit('APLE')];
    expect(await run('apple', { finnhub: { search } })).toEqual({ q: 'apple', outcome: 'stored' });
    expect(await answerTo('apple')).toEqual({
      q: 'apple',
      count: 2,
      data: ['AAPL', 'APLE'].map((symbol) => ({
        symbol,
        description: `${symbol} Inc`,
        display_symbol: symbol,
        type: 'Common Stock',
      })),
      as_of: '2026-11-22T10:15:00.000Z',
      source: 'finnhub',
    });
    expect(await desk.ctx.redis.ttl(`copy:${searchName('apple')}`)).toBeGreaterThan(3_500);
    await run('nothing', { finnhub: { search: async () => [] } });
    expect(await answerTo('nothing')).toMatchObject({ count: 0, data: [] });
  });

  it('runs twice and says the same, and answers at most a hundred', async () => {
    const search = async () => Array.from({ length: 150 }, (_, index) => hit(`S${index}`));
    await run('s', { finnhub: { search } });
    await desk.ctx.redis.del(`copy:${searchName('s')}`);
    await run('s', { finnhub: { search } });
    expect(await answerTo('s')).toMatchObject({ count: 100 });
  });

  it('gives up with nothing cached, and frees its place among those who wait', async () => {
    const search = async () => {
      throw new UpstreamFault('Finnhub answered 502');
    };
    await expect(run('coke', { finnhub: { search } })).rejects.toThrow('502');
    await searchSymbols.farewell?.({ q: 'coke' }, new Error('over'), desk.ctx);
    expect(await desk.ctx.market.asks.isWanted(searchName('coke'))).toBe(false);
    expect(await desk.ctx.market.cache.read(searchName('coke'))).toBeUndefined();
  });
});
