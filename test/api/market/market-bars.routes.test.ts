import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CryptoData, StockQuote } from '../../../src/entities/market.entity.ts';
import { observedPrice } from '../../support/api/observed-price.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  const em = api.ctx.orm.em.fork();
  await em.insertMany(
    StockQuote,
    [
      [0, 104],
      [1, 101.25],
      [4, 103],
      [7, 102],
      [20, 99.5],
    ].map(([minute = 0, price]) => observedPrice('CAT', minute, price)),
  );
  await em.insertMany(CryptoData, [observedPrice('BINANCE:ETHUSDT', 1, 2_000.12345678)]);
});
afterAll(() => api.close());

const read = (query: string) => api.send('GET', `/market/bars?${query}`);
const ten = Date.UTC(2026, 4, 20, 10) / 1_000;

describe('bars', () => {
  it('are first, highest, lowest and last of each interval; one without an observation is missing, and named', async () => {
    const answer = await read('symbol=cat&interval=5m&from=2026-05-20T10:00:00Z&to=2026-05-20T10:30:00Z');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      symbol: 'CAT',
      interval: '5m',
      from: '2026-05-20T10:00:00.000Z',
      to: '2026-05-20T10:30:00.000Z',
      data: [
        { t: ten, o: 104, h: 104, l: 101.25, c: 103, n: 3 },
        { t: ten + 300, o: 102, h: 102, l: 102, c: 102, n: 1 },
        { t: ten + 1_200, o: 99.5, h: 99.5, l: 99.5, c: 99.5, n: 1 },
      ],
      gaps: [{ from: ten + 600, to: ten + 1_200 }],
    });
  });

  it('count only what lies in the span, both ends included', async () => {
    const answer = await read('symbol=CAT&interval=1h&from=2026-05-20T10:01:00Z&to=2026-05-20T10:07:00Z');
    expect(await answer.json()).toMatchObject({ data: [{ t: ten, o: 101.25, h: 103, l: 101.25, c: 102, n: 3 }] });
  });

  it('of coins come from theirs, with all their decimals; by default of minutes and the last 24 hours', async () => {
    const price = 2_000.12345678;
    const answer = await read('symbol=BINANCE:ETHUSDT&to=2026-05-21T10:00:00Z');
    expect(await answer.json()).toMatchObject({
      interval: '1m',
      from: '2026-05-20T10:00:00.000Z',
      data: [{ t: ten + 60, o: price, c: price, n: 1 }],
    });
    expect(await (await read('symbol=CAT')).json()).toMatchObject({ data: [], gaps: [] });
  });

  it('are 1,500 at the most', async () => {
    const span = 'symbol=CAT&interval=1m&from=2026-05-20T00:00:00Z';
    expect((await read(`${span}&to=2026-05-21T01:00:00Z`)).status).toBe(200);
    const refused = await read(`${span}&to=2026-05-21T01:01:00Z`);
    expect(refused.status).toBe(422);
    expect(await pointersOf(refused)).toEqual(['interval']);
  });

  it.each([
    ['interval=2m&symbol=CAT', 'interval'],
    ['interval=1m', 'symbol'],
    ['symbol=CAT&from=yesterday', 'from'],
    ['symbol=CAT&from=2026-05-21&to=2026-05-20', 'to'],
  ])('of %s are refused', async (query, pointer) => {
    const refused = await read(query);
    expect(refused.status).toBe(422);
    expect(await pointersOf(refused)).toEqual([pointer]);
  });
});
