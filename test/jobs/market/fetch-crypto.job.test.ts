import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CryptoData, StockQuote } from '../../../src/entities/market.entity.ts';
import { GiveUp } from '../../../src/errors.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { fetchCrypto, quoteName } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const bitcoin = {
  c: 91_204.5,
  d: 412.3,
  dp: 0.4541,
  h: 91_890,
  l: 90_310.12,
  o: 90_800,
  pc: 90_792.2,
  t: 1_795_342_500,
};
const rows = (symbol: string) => desk.ctx.orm.em.fork().find(CryptoData, { symbol });
const run = (coin: string, options: Parameters<MarketDesk['run']>[2] = {}) => {
  const symbol = `BINANCE:${coin.toUpperCase()}USDT`;
  return desk.run(fetchCrypto, { symbol: coin }, { wanted: quoteName(symbol), ...options });
};

describe('fetch-crypto', () => {
  it('stores the price under its canonical symbol, apart from shares, and announces it', async () => {
    const asked: string[] = [];
    const quote = async (symbol: string) => {
      asked.push(symbol);
      return bitcoin;
    };
    expect(await run('btc', { finnhub: { quote } })).toEqual({ symbol: 'BINANCE:BTCUSDT', outcome: 'stored' });
    expect(asked).toEqual(['BINANCE:BTCUSDT']);
    expect(await rows('BINANCE:BTCUSDT')).toMatchObject([{ current: 91_204.5, changePercent: 0.4541 }]);
    expect(await desk.ctx.orm.em.fork().count(StockQuote)).toBe(0);
    expect(await desk.events()).toEqual([
      {
        type: 'crypto.updated',
        subject: 'BINANCE:BTCUSDT',
        data: { symbol: 'BINANCE:BTCUSDT', ...bitcoin, as_of: '2026-11-22T10:15:00.000Z', source: 'finnhub' },
      },
    ]);
  });

  it('runs twice and has one row', async () => {
    const quote = async () => bitcoin;
    await run('ETH', { finnhub: { quote }, id: 'the-same' });
    await desk.ctx.redis.del(`copy:${quoteName('BINANCE:ETHUSDT')}`);
    await run('ETH', { finnhub: { quote }, id: 'the-same' });
    expect(await rows('BINANCE:ETHUSDT')).toHaveLength(1);
  });

  it('never stores a zero: without a good copy it searches once, and remembers who is unknown', async () => {
    const zeros = { quote: async () => undefined };
    const unlisted = { ...zeros, isListed: async () => false };
    expect((await run('NOPE', { finnhub: unlisted })).outcome).toBe('unknown_symbol');
    expect(await rows('BINANCE:NOPEUSDT')).toEqual([]);

    await run('SOL', { finnhub: { quote: async () => bitcoin } });
    desk.pass(60_000);
    expect((await run('SOL', { finnhub: zeros })).outcome).toBe('unchanged');
    expect(await rows('BINANCE:SOLUSDT')).toHaveLength(1);
  });

  it('gives up on a listed coin without a price, and frees its place among those who wait', async () => {
    const finnhub = { quote: async () => undefined, isListed: async () => true };
    await expect(run('XRP', { finnhub })).rejects.toThrow(GiveUp);
    const symbol = 'BINANCE:XRPUSDT';
    await fetchCrypto.farewell?.({ symbol }, new Error('over'), desk.ctx);
    expect(await desk.ctx.market.asks.isWanted(quoteName(symbol))).toBe(false);
    expect(await desk.ctx.market.cache.isUnknown(quoteName(symbol))).toBe(false);
  });
});
