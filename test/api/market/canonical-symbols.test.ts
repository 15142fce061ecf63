import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { type MarketHouse, openMarketHouse } from '../../support/api/market-api.ts';

const pair = 'BINANCE:BTCUSDT';
const spellings = ['BTC', 'btc', 'BTCUSDT', pair];

let house: MarketHouse;
beforeAll(async () => {
  house = await openMarketHouse({ WATCHLIST: 'btc,BTCUSDT,AAPL' });
  house.startWorker();
  await house.send('GET', '/market/crypto?symbol=BTC', { headers: { prefer: 'wait=10' } });
});
afterAll(() => house.close());

const Some = z.looseObject({ data: z.array(z.looseObject({})) });
const get = async (path: string) => {
  const answer = await house.send('GET', path, { as: 'admin' });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.json();
};
const watch = async (method: string, symbol: string, body?: unknown) => {
  const answer = await house.send(method, `/market/watchlist/${symbol}`, { as: 'admin', body });
  return { status: answer.status, body: answer.status === 204 ? {} : z.looseObject({}).parse(await answer.json()) };
};
const watched = async () => Some.parse(await get('/market/watchlist')).data.map(({ symbol }) => symbol);

describe.each(spellings)('%s', (symbol) => {
  it('is one coin wherever prices are read', async () => {
    for (const path of ['/market/quote', '/market/crypto'])
      expect(await get(`${path}?symbol=${symbol}`)).toMatchObject({ symbol: pair });
    expect(Some.parse(await get(`/market/quotes?symbols=${pair},${symbol}`)).data).toHaveLength(1);
    expect(await get(`/market/quotes?symbols=AAPL,${symbol}`)).toMatchObject({
      data: [{ symbol: pair }],
      missing: ['AAPL'],
    });
    for (const path of ['/market/bars', '/market/quote/history', '/market/crypto/history']) {
      const answer = Some.extend({ symbol: z.string() }).parse(await get(`${path}?symbol=${symbol}`));
      expect([path, answer.symbol, answer.data.length > 0]).toEqual([path, pair, true]);
    }
  });

  it('finds its jobs and its events', async () => {
    const jobs = Some.parse(await get(`/jobs?key=${symbol}`)).data;
    expect(jobs.map(({ kind }) => kind)).toContain('fetch-crypto');
    await house.ctx.events.relay.idle();
    const events = Some.parse(await get(`/events?subject=${symbol}`)).data;
    expect(events.map(({ type, subject }) => [type, subject])).toContainEqual(['crypto.updated', pair]);
  });

  it('is watched once, under its one name', async () => {
    expect(await watched()).toEqual(['AAPL', pair]);
    expect(await watch('PUT', symbol, { every_seconds: 60 })).toMatchObject({
      status: 200,
      body: { symbol: pair, kind: 'crypto' },
    });
    expect((await watch('DELETE', symbol)).status).toBe(204);
    expect(await watched()).toEqual(['AAPL']);
    expect(await watch('PUT', symbol)).toMatchObject({ status: 201, body: { symbol: pair, kind: 'crypto' } });
  });
});

describe('the watchlist', () => {
  it('takes up what the provider lists, and nothing else', async () => {
    expect(await watch('PUT', 'NVDA')).toMatchObject({ status: 201, body: { symbol: 'NVDA' } });
    for (let n = 0; n < 3; n += 1)
      expect(await watch('PUT', 'ZZZZZZ')).toMatchObject({ status: 404, body: { code: 'unknown_symbol' } });
    expect(await watched()).not.toContain('ZZZZZZ');
    expect(await house.callsAbout('ZZZZZZ')).toEqual(['quote', 'search']);
  });

  it('takes up nothing while the provider cannot say, and asks it nothing of what is watched already', async () => {
    await house.sandbox.fault({ target: 'finnhub', kind: '5xx' });
    const { status, body } = await watch('PUT', 'TSLA');
    expect([status, body['code']]).toEqual([503, 'upstream_unavailable']);
    expect(await watched()).not.toContain('TSLA');
    expect((await watch('PUT', 'NVDA', { every_seconds: 90 })).status).toBe(200);
    await house.sandbox.clearFaults();
  });

  it('calls a coin that an earlier version took up as it was spelt by its name, once it is changed, and lets it go', async () => {
    const em = house.ctx.orm.em.fork();
    const old = { kind: 'stock', everySeconds: 60, addedBy: null, createdAt: new Date(), polledAt: null } as const;
    await em.insertMany(WatchedSymbol, [
      { ...old, symbol: 'ETH' },
      { ...old, symbol: 'DOGEUSDT' },
    ]);
    expect(await watch('PUT', 'eth', { every_seconds: 90 })).toMatchObject({
      status: 200,
      body: { symbol: 'BINANCE:ETHUSDT', kind: 'crypto' },
    });
    expect((await watch('DELETE', 'DOGE')).status).toBe(204);
    expect(await watched()).toEqual(expect.arrayContaining(['BINANCE:ETHUSDT']));
    expect(await watched()).not.toEqual(expect.arrayContaining(['ETH', 'DOGEUSDT']));
  });
});
