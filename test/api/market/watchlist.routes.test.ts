import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Setting } from '../../../src/entities/ops.entity.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { quoteName } from '../../support/api/market-kinds.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ FINNHUB_API_KEY: 'test', WATCHLIST: 'msft,AAPL,btc,AAPL' });
  // Whatever has a price is known to be listed.
  for (const symbol of 'AAPL IBM TSLA A B C D E F G H'.split(' '))
    await api.ctx.market.cache.write(quoteName(symbol), { body: '{', observedAtMs: Date.now() });
});
afterAll(() => api.close());
beforeEach(async () => {
  await em().nativeDelete(WatchedSymbol, {});
  await em().nativeDelete(Setting, {});
});

const em = () => api.ctx.orm.em.fork();
const Body = z.record(z.string(), z.unknown());
const send = async (method: string, symbol: string, body?: unknown) => {
  const answer = await api.send(method, `/market/watchlist${symbol && `/${symbol}`}`, { as: 'admin', body });
  return { status: answer.status, body: answer.status === 204 ? {} : Body.parse(await answer.json()) };
};
const List = z.object({ data: z.array(z.object({ symbol: z.string(), every_seconds: z.int() })), polling: Body });
const Paged = z.object({ data: z.array(z.object({ symbol: z.string() })), next_cursor: z.string().nullable() });
const cadences = async () => {
  const { data } = List.parse((await send('GET', '')).body);
  return Object.fromEntries(data.map(({ symbol, every_seconds }) => [symbol, every_seconds]));
};

describe('the watchlist', () => {
  it('is what WATCHLIST names, as often as is usual, with when each was and will be polled', async () => {
    const { status, body } = await send('GET', '');
    expect(status).toBe(200);
    expect(body).toEqual({
      data: ['AAPL', 'BINANCE:BTCUSDT', 'MSFT'].map((symbol) => ({
        symbol,
        kind: symbol.includes(':') ? 'crypto' : 'stock',
        every_seconds: 10,
        market: symbol.includes(':') ? 'always' : expect.stringMatching(/^(open|closed)$/),
        next_run_at: expect.any(String),
        last_polled_at: null,
        added_by: null,
        for_alerts: false,
        created_at: expect.any(String),
      })),
      polling: { window_ms: 60_000, calls: 18, most_calls: 48 },
      next_cursor: null,
    });
    const [first] = z.object({ data: z.array(z.object({ next_run_at: z.string() })) }).parse(body).data;
    const inMs = Date.parse(first?.next_run_at ?? '') - Date.now();
    expect(inMs).toBeGreaterThan(-10_000);
    expect(inMs).toBeLessThanOrEqual(10_000);
  });

  it('takes a symbol up, changes how often, and gives it up: what WATCHLIST named does not come back', async () => {
    expect(await send('PUT', 'tsla', {})).toMatchObject({
      status: 201,
      body: { symbol: 'TSLA', every_seconds: 60, added_by: 2, kind: 'stock' },
    });
    expect(await send('PUT', 'TSLA', { every_seconds: 30 })).toMatchObject({
      status: 200,
      body: { every_seconds: 30 },
    });
    for (const body of [{}, undefined])
      expect(await send('PUT', 'TSLA', body)).toMatchObject({ status: 200, body: { every_seconds: 30 } });
    expect(await cadences()).toEqual({ AAPL: 10, 'BINANCE:BTCUSDT': 10, MSFT: 10, TSLA: 30 });
    for (const symbol of ['AAPL', 'MSFT', 'TSLA', 'BINANCE:BTCUSDT'])
      expect((await send('DELETE', symbol)).status).toBe(204);
    expect(await cadences()).toEqual({});
    expect(await send('DELETE', 'AAPL')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('has a version that changes with it, for whoever keeps the schedules', async () => {
    const {
      market: { watchlist },
    } = api.ctx;
    await send('GET', '');
    const versions = [await watchlist.version()];
    await send('PUT', 'TSLA', {});
    versions.push(await watchlist.version());
    await send('DELETE', 'TSLA');
    versions.push(await watchlist.version());
    expect(new Set(versions).size).toBe(3);
    await send('PUT', 'IBM', { every_seconds: 1 });
    expect(await watchlist.version()).toBe(versions[2]);
  });

  it('refuses what leaves people less than a fifth of the plan, and names the cadence that fits', async () => {
    const refused = await send('PUT', 'TSLA', { every_seconds: 1 });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: 'watchlist_over_budget',
        detail: 'Beside the other symbols the plan has room for a call every 2 s.',
        fits_every_seconds: 2,
        errors: [{ pointer: '/every_seconds', detail: 'must be at least 2' }],
      },
    });
    expect((await send('PUT', 'TSLA', { every_seconds: 2 })).status).toBe(201);
    // Its own share counts once: the same again fits, and more often does not.
    expect((await send('PUT', 'TSLA', { every_seconds: 2 })).status).toBe(200);
    expect(await send('PUT', 'AAPL', { every_seconds: 9 })).toMatchObject({ body: { fits_every_seconds: 10 } });
    const none = await send('PUT', 'IBM', {});
    expect(none).toMatchObject({ status: 422, body: { code: 'watchlist_over_budget', fits_every_seconds: 7 } });
    expect(none.body['detail']).toMatch(/leave nothing of the plan; all 5 would fit at every 7 s/);
  });

  it('has a symbol polled as often as it is, or less, also while the others alone take more than a plan that has shrunk', async () => {
    // It has been filled for the first time.
    await send('PUT', 'AAPL', {});
    await em().nativeDelete(WatchedSymbol, {});
    const row = { kind: 'stock' as const, everySeconds: 5, addedBy: null, createdAt: new Date(), polledAt: null };
    const others = Array.from({ length: 19 }, (_, index) => `S${index}`);
    await em().insertMany(
      WatchedSymbol,
      ['AAPL', ...others].map((symbol) => ({ ...row, symbol })),
    );
    for (const body of [{}, { every_seconds: 5 }, { every_seconds: 25 }])
      expect(await send('PUT', 'AAPL', body)).toMatchObject({ status: 200, body: { every_seconds: 5, ...body } });
    const refused = { status: 422, body: { code: 'watchlist_over_budget', fits_every_seconds: 25 } };
    expect(await send('PUT', 'AAPL', { every_seconds: 24 })).toMatchObject(refused);
    // As often as everybody is told to, they all fit in the end.
    for (const symbol of others) expect((await send('PUT', symbol, { every_seconds: 25 })).status).toBe(200);
    expect(List.parse((await send('GET', '')).body).polling).toMatchObject({ calls: 48, most_calls: 48 });
  });

  it('never exceeds the plan, however many change it at once', async () => {
    await Promise.all('A B C D E F G H'.split(' ').map((symbol) => send('PUT', symbol, { every_seconds: 6 })));
    expect(Object.keys(await cadences())).toHaveLength(6);
    expect(List.parse((await send('GET', '')).body).polling).toMatchObject({ calls: 48, most_calls: 48 });
  });

  it.each([
    ['PUT', 'AAPL', { every_seconds: 0 }, '/every_seconds'],
    ['PUT', 'AAPL', { every_seconds: 86_401 }, '/every_seconds'],
    ['PUT', 'AAPL', { every_seconds: 1.5 }, '/every_seconds'],
    ['PUT', 'AAPL', { often: true }, '/often'],
    ['PUT', 'A%20B', {}, 'symbol'],
    ['DELETE', '!', undefined, 'symbol'],
  ])('refuses %s %s %j', async (method, symbol, body, pointer) => {
    expect(await send(method, symbol, body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });

  it('goes on after a symbol that has left it meanwhile', async () => {
    await send('GET', '');
    for (const symbol of ['AAPL', 'BINANCE:BTCUSDT', 'MSFT']) await send('DELETE', symbol);
    for (const symbol of ['A', 'B', 'C']) await send('PUT', symbol, {});
    const page = async (query: string) => {
      const answer = await api.send('GET', `/market/watchlist?limit=1${query}`, { as: 'admin' });
      const { data, next_cursor } = Paged.parse(await answer.json());
      return { symbols: data.map(({ symbol }) => symbol), more: `&cursor=${next_cursor}` };
    };
    const first = await page('');
    expect(first.symbols).toEqual(['A']);
    await send('DELETE', 'A');
    const second = await page(first.more);
    expect(second.symbols).toEqual(['B']);
    expect((await page(second.more)).symbols).toEqual(['C']);
  });

  it('is for administrators', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['PUT', '/AAPL'],
      ['DELETE', '/AAPL'],
    ] as const)
      expect((await api.send(method, `/market/watchlist${path}`, { as: 'demo' })).status).toBe(403);
  });
});
