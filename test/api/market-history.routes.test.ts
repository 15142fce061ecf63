import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CryptoData } from '../../src/entities/crypto-data.entity.ts';
import { ForexRate } from '../../src/entities/forex-rate.entity.ts';
import { StockQuote } from '../../src/entities/stock-quote.entity.ts';
import { observedPrice as observed } from '../observed-price.ts';
import { openTestApi, type TestApi } from '../test-context.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const Body = z.record(z.string(), z.unknown());
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
      body: { symbol: 'CAT', from: '2026-05-20T10:02:00.000Z', to: '2026-05-20T10:04:00.000Z', next_from: null },
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

  it('of more than 5,000 observations says where to go on, and nothing is missed or told twice', async () => {
    const many = Array.from({ length: 5_200 }, (_, index) => ({
      ...observed('NVDA', 0),
      jobId: `NVDA-${index}`,
      // Two share each moment, so that the cut would fall between a pair.
      observedAt: new Date(Date.UTC(2026, 4, 20) + Math.floor((index + 1) / 2) * 1_000),
      current: index + 1,
    }));
    const em = api.ctx.orm.em.fork();
    for (let start = 0; start < many.length; start += 1_000)
      await em.insertMany(StockQuote, many.slice(start, start + 1_000));
    const prices = ({ body }: { body: Record<string, unknown> }) =>
      z
        .array(z.object({ c: z.number() }))
        .parse(body['data'])
        .map(({ c }) => c);
    const first = await read('quote/history?symbol=NVDA&from=2026-05-20&to=2026-05-21');
    const second = await read(`quote/history?symbol=NVDA&from=${String(first.body['next_from'])}&to=2026-05-21`);
    expect(second.body['next_from']).toBeNull();
    expect(prices(first).length).toBeLessThanOrEqual(5_000);
    expect([...prices(first), ...prices(second)]).toEqual(many.map(({ current }) => current));
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
        next_from: null,
      },
    });
    expect(rates.body['data']).toHaveLength(1);
  });
});
