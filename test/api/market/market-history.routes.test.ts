import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CryptoData, ForexRate, StockQuote } from '../../../src/entities/market.entity.ts';
import { observedPrice as observed } from '../../support/api/observed-price.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const Body = z.record(z.string(), z.unknown());
const Prices = z.object({ data: z.array(z.object({ c: z.number() })), next_cursor: z.string().nullable() });
const read = async (path: string) => {
  const answer = await api.send('GET', `/market/${path}`);
  return { status: answer.status, body: Body.parse(await answer.json()) };
};

describe('history', () => {
  const times = ({ body }: { body: Record<string, unknown> }) =>
    z
      .array(z.object({ as_of: z.string() }))
      .parse(body['data'])
      .map(({ as_of }) => as_of.slice(11, 16));

  it('is what was stored in the span, oldest first, both ends included', async () => {
    await api.ctx.orm.em.fork().insertMany(
      StockQuote,
      [5, 1, 3, 2, 4].map((minute) => observed('CAT', minute)),
    );
    const span = 'from=2026-05-20T10:02:00Z&to=2026-05-20T12:04:00%2B02:00';
    const some = await read(`quote/history?symbol=cat&${span}`);
    expect(some).toMatchObject({
      status: 200,
      body: { symbol: 'CAT', from: '2026-05-20T10:02:00.000Z', to: '2026-05-20T10:04:00.000Z', next_cursor: null },
    });
    expect(times(some)).toEqual(['10:02', '10:03', '10:04']);
    expect(z.array(Body).parse(some.body['data'])[0]).toEqual({
      c: 102,
      d: null,
      dp: null,
      h: 102,
      l: 102,
      o: 102,
      pc: 102,
      t: 1_795_342_500,
      as_of: '2026-05-20T10:02:00.000Z',
      source: 'finnhub',
    });
    expect(times(await read('quote/history?symbol=CAT&from=2026-05-20&to=2026-05-20'))).toHaveLength(5);
    expect(times(await read('quote/history?symbol=CAT&from=2026-05-21&to=2026-05-21'))).toEqual([]);
    // The last seven days, unless told otherwise.
    expect(times(await read('quote/history?symbol=CAT&to=2026-05-27'))).toEqual([]);
    expect(times(await read('quote/history?symbol=CAT&to=2026-05-26'))).toHaveLength(5);
  });

  it('is a list as all others: pages of at most a hundred, where nothing is missed or told twice', async () => {
    const many = Array.from({ length: 250 }, (_, index) => ({
      ...observed('NVDA', 0),
      jobId: `NVDA-${index}`,
      // Three share each moment, so that a page ends between them.
      observedAt: new Date(Date.UTC(2026, 4, 20) + Math.floor(index / 3) * 1_000),
      current: index + 1,
    }));
    await api.ctx.orm.em.fork().insertMany(StockQuote, many);
    const span = 'symbol=NVDA&from=2026-05-20&to=2026-05-21';
    expect(times(await read(`quote/history?${span}`))).toHaveLength(20);
    const told: number[] = [];
    let cursor = '';
    for (let page = 0; page < 9; page += 1) {
      const { body } = await read(`quote/history?${span}&limit=31${cursor}`);
      const { data, next_cursor } = Prices.parse(body);
      told.push(...data.map(({ c }) => c));
      expect(data.length).toBe(page < 8 ? 31 : 2);
      cursor = `&cursor=${next_cursor}`;
    }
    expect(cursor).toBe('&cursor=null');
    expect(told).toEqual(many.map(({ current }) => current));
  });

  it('refuses limits, and cursors of other lists or of nowhere', async () => {
    const { body } = await read('quote/history?symbol=CAT&from=2026-05-20&to=2026-05-20&limit=1');
    const { next_cursor } = Prices.parse(body);
    const [list] = z
      .tuple([z.string(), z.string()])
      .parse(JSON.parse(Buffer.from(next_cursor ?? '', 'base64url').toString()));
    const forged = ['x@1', '1@x', '99999999999999999999@1', '1@-1'].map((place) =>
      Buffer.from(JSON.stringify([list, place])).toString('base64url'),
    );
    for (const cursor of ['abc', ...forged])
      expect((await read(`quote/history?symbol=CAT&from=2026-05-20&to=2026-05-20&cursor=${cursor}`)).status).toBe(422);
    expect((await read(`quote/history?symbol=CAT&cursor=${next_cursor}`)).status).toBe(422);
    for (const limit of ['0', '101', 'x'])
      expect((await read(`forex/history?base=USD&limit=${limit}`)).status).toBe(422);
  });

  it('of coins and of rates is alike', async () => {
    const em = api.ctx.orm.em.fork();
    await em.insertMany(CryptoData, [observed('BINANCE:ETHUSDT', 1)]);
    await em.insertMany(
      ForexRate,
      [13, 14].map((day) => ({
        base: 'GBP',
        publication: `ecb-${day}`,
        rates: { EUR: '1.1486595', GBP: '1' },
        asOf: new Date(Date.UTC(2026, 3, day, 14)),
        observedAt: new Date(Date.UTC(2026, 3, 20)),
        source: 'ecb',
      })),
    );
    const coins = await read('crypto/history?symbol=eth&from=2026-05-20');
    expect(coins).toMatchObject({ status: 200, body: { symbol: 'BINANCE:ETHUSDT', data: [{ c: 101 }] } });
    const rates = await read('forex/history?base=gbp&from=2026-04-14&to=2026-04-14');
    expect(rates).toMatchObject({
      status: 200,
      body: {
        base: 'GBP',
        data: [{ quote: { EUR: 1.1486595, GBP: 1 }, as_of: '2026-04-14T14:00:00.000Z', source: 'ecb' }],
        next_cursor: null,
      },
    });
    expect(rates.body['data']).toHaveLength(1);
  });
});
