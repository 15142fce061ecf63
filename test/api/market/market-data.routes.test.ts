import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CryptoData, StockQuote } from '../../../src/entities/market.entity.ts';
import { callName } from '../../../src/gateways/finnhub/plan.ts';
import { observedPrice as observed } from '../../support/api/observed-price.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({
    FINNHUB_API_KEY: 'test',
    FINNHUB_BASE_URL: 'http://127.0.0.1:1',
    COMPANY_TTL_SECONDS: '60',
  });
  await until('Redis is there', () => (api.ctx.redis.status === 'ready' ? true : undefined));
});
afterAll(() => api.close());

const Body = z.record(z.string(), z.unknown());
const read = async (path: string, headers = {}) => {
  const answer = await api.send('GET', `/market/${path}`, { headers });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : Body.parse(JSON.parse(text)) };
};
/** A stored copy of this age. */
const keep = (name: string, body: object, ageMs = 0) =>
  api.ctx.market.cache.write(name, { body: JSON.stringify(body).slice(0, -1), observedAtMs: Date.now() - ageMs });
const waiting = async (queue: string) =>
  ((await api.ctx.jobs.queues.get(queue)?.getJobs(['waiting', 'prioritized'])) ?? []).map(({ name, data }) => ({
    name,
    data: Body.parse(data),
  }));

const copies = [
  { path: 'company?symbol=AAPL', name: 'fetch-company:AAPL', job: { name: 'fetch-company', data: { symbol: 'AAPL' } } },
  {
    path: 'news?symbol=AAPL&from=2026-05-16&to=2026-05-22',
    name: 'fetch-news:AAPL:2026-05-16:2026-05-22',
    job: { name: 'fetch-news', data: { symbol: 'AAPL', from: '2026-05-16', to: '2026-05-22' } },
  },
  { path: 'forex?base=usd', name: 'fetch-forex:USD', job: { name: 'fetch-forex', data: { base: 'USD' } } },
  {
    path: 'crypto?symbol=btc',
    name: 'fetch-crypto:BINANCE:BTCUSDT',
    job: { name: 'fetch-crypto', data: { symbol: 'BINANCE:BTCUSDT' } },
  },
  {
    path: 'search?q=apple%20%20inc',
    name: 'search-symbols:apple inc',
    job: { name: 'search-symbols', data: { q: 'apple inc' } },
  },
];

describe.each(copies)('/market/$path', ({ path, name, job }) => {
  it('without a copy asks for one, and says where it waits', async () => {
    const { status, headers, body } = await read(path, { prefer: 'wait=0' });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/jobs/${String(body['job_id'])}`);
    expect(headers.get('retry-after')).toBe('1');
    expect(await waiting('finnhub')).toContainEqual(job);
  });

  it('answers a fresh copy as it is kept, and 304 to who has it', async () => {
    await keep(name, { some: 'thing' });
    const { status, headers, body } = await read(path);
    expect([status, body]).toEqual([200, { some: 'thing', stale: false }]);
    expect(headers.get('cache-status')).toMatch(/^orderflow; hit; ttl=\d+$/);
    expect((await read(path, { 'if-none-match': headers.get('etag') })).status).toBe(304);
  });

  it('answers an old copy at once, as stale', async () => {
    await api.ctx.redis.del(`copy:${name}`);
    await keep(name, { some: 'thing' }, 5 * 3_600_000);
    expect(await read(path)).toMatchObject({ status: 200, body: { some: 'thing', stale: true } });
  });
});

describe('bad input', () => {
  it.each([
    ['company', 'symbol'],
    ['company?symbol=A%20B', 'symbol'],
    ['news?from=2026-05-16', 'symbol'],
    ['news?symbol=AAPL&from=yesterday', 'from'],
    ['news?symbol=AAPL&from=2026-02-30', 'from'],
    ['news?symbol=AAPL&from=2026-05-22&to=2026-05-16', 'to'],
    ['news?symbol=AAPL&from=2025-05-21&to=2026-05-22', 'from'],
    ['forex', 'base'],
    ['forex?base=DOLLAR', 'base'],
    ['forex?base=U1D', 'base'],
    ['crypto?symbol=OANDA:EUR_USD', 'symbol'],
    ['crypto?symbol=BTC%2FUSD', 'symbol'],
    ['search', 'q'],
    ['search?q=%20%20', 'q'],
    [`search?q=${'x'.repeat(65)}`, 'q'],
    ['quotes', 'symbols'],
    ['quotes?symbols=', 'symbols.0'],
    ['quotes?symbols=AAPL,,MSFT', 'symbols.1'],
    [`quotes?symbols=${Array.from({ length: 51 }, (_, index) => `S${index}`).join(',')}`, 'symbols'],
    ['quote/history', 'symbol'],
    ['quote/history?symbol=AAPL&from=now', 'from'],
    ['quote/history?symbol=AAPL&from=2026-05-22T10:00:00', 'from'],
    ['quote/history?symbol=AAPL&from=2026-05-22&to=2026-05-21', 'to'],
    ['crypto/history?symbol=', 'symbol'],
    ['forex/history?base=US', 'base'],
  ])('/market/%s is refused for its %s', async (path, pointer) => {
    const { status, body } = await read(path);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'invalid',
      errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it('a year of news is not too much', async () => {
    expect((await read('news?symbol=KO&from=2025-05-22&to=2026-05-22', { prefer: 'wait=0' })).status).toBe(202);
  });
});

describe('forex', () => {
  it('goes straight to the reference rates while the plan is known to have none', async () => {
    await api.ctx.market.plan.remember(callName('/forex/rates'));
    expect((await read('forex?base=CHF', { prefer: 'wait=0' })).status).toBe(202);
    expect(await waiting('catalog')).toContainEqual({ name: 'fetch-reference-rates', data: { base: 'CHF' } });
    expect((await waiting('finnhub')).filter(({ data }) => data['base'] === 'CHF')).toEqual([]);
  });
});

describe('quotes', () => {
  it('are put together from Redis and MySQL, shares and coins, in the order asked, each of its age', async () => {
    const em = api.ctx.orm.em.fork();
    await em.insertMany(StockQuote, [observed('IBM', 1), observed('IBM', 3), observed('IBM', 2), observed('GE', 1)]);
    await em.insertMany(CryptoData, [observed('BINANCE:SOLUSDT', 7)]);
    await keep('fetch-quote:KO', { symbol: 'KO', c: 71 });
    const { status, body } = await read('quotes?symbols=BINANCE:SOLUSDT,ko,NONE,IBM,KO');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      data: [
        { symbol: 'BINANCE:SOLUSDT', c: 107, stale: true },
        { symbol: 'KO', c: 71, stale: false },
        { symbol: 'IBM', c: 103, as_of: '2026-05-20T10:03:00.000Z', stale: true },
      ],
      missing: ['NONE'],
    });
    expect(body['data']).toHaveLength(3);
    expect((await waiting('finnhub')).filter(({ data }) => ['NONE', 'IBM'].includes(String(data['symbol'])))).toEqual(
      [],
    );
  });
});
