import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { CompanyProfile, CryptoData, ForexRate, MarketNews, StockQuote } from '../../src/entities/market.entity.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ env: { WATCHLIST: 'TSLA,BINANCE:ETHUSDT' } });
});
afterAll(() => platform.stop());

const read = async (path: string) => {
  const answer = await fetch(`${platform.url}${path}`, { headers: { prefer: 'wait=10' } });
  return { status: answer.status, body: z.record(z.string(), z.unknown()).parse(await answer.json()) };
};
const eventOf = (type: string, subject: string) =>
  until(`${type} of ${subject}`, async () =>
    (await readStream(platform.redis, 'market')).find((event) => event.type === type && event.subject === subject),
  );
const callsOf = async (endpoint: string) =>
  (await platform.sandbox.arrivals('finnhub')).filter(({ path }) => path.startsWith(`/api/v1${endpoint}?`));

test('the euro’s rates are stored from the first start, before anybody asks or orders', async () => {
  const em = platform.orm.em.fork();
  const row = await until('rates', async () => (await em.findOne(ForexRate, { source: 'ecb' })) ?? undefined);
  expect(row).toMatchObject({ base: 'EUR', source: 'ecb', rates: { USD: expect.any(String) } });
  expect(await platform.sandbox.arrivals('rates')).toHaveLength(1);
});

test('a company is fetched once, stored, announced and answered from then on', async () => {
  const first = await read('/market/company?symbol=aapl');
  expect(first).toMatchObject({
    status: 200,
    body: { symbol: 'AAPL', ticker: 'AAPL', name: 'Apple Inc', logo: null, source: 'finnhub', stale: false },
  });
  expect(await read('/market/company?symbol=AAPL')).toEqual(first);
  expect(await callsOf('/stock/profile2')).toHaveLength(1);
  expect(await platform.orm.em.fork().count(CompanyProfile, { symbol: 'AAPL' })).toBe(1);
  expect(JSON.parse((await eventOf('company.updated', 'AAPL')).data)).toMatchObject({ symbol: 'AAPL', logo: null });
});

test('news are the last seven days, newest first, stored once and announced once', async () => {
  const { status, body } = await read('/market/news?symbol=AAPL');
  expect(status).toBe(200);
  const articles = z.array(z.object({ id: z.int(), datetime: z.int() })).parse(body['data']);
  expect(articles.length).toBeGreaterThan(10);
  expect(articles.map(({ datetime }) => datetime)).toEqual(
    articles.map(({ datetime }) => datetime).toSorted((a, b) => b - a),
  );
  expect((Date.parse(String(body['to'])) - Date.parse(String(body['from']))) / 86_400_000).toBe(6);

  // A narrower range is another fetch, in which nothing is new.
  expect((await read(`/market/news?symbol=AAPL&from=${String(body['from'])}&to=${String(body['from'])}`)).status).toBe(
    200,
  );
  expect(await platform.orm.em.fork().count(MarketNews, { symbol: 'AAPL' })).toBe(articles.length);
  const event = z
    .object({ count: z.int(), data: z.array(z.object({ id: z.int(), headline: z.string() })) })
    .parse(JSON.parse((await eventOf('news.published', 'AAPL')).data));
  expect(event.count).toBe(articles.length);
  const events = (await readStream(platform.redis, 'market')).filter(({ type }) => type === 'news.published');
  expect(events).toHaveLength(1);
});

test('a free key has no forex: one refusal, then the ECB’s rates for any base, crossed', async () => {
  const usd = await read('/market/forex?base=usd');
  expect(usd).toMatchObject({ status: 200, body: { base: 'USD', source: 'ecb', stale: false, quote: { USD: 1 } } });
  const eur = await read('/market/forex?base=EUR');
  expect(eur).toMatchObject({ status: 200, body: { source: 'ecb', quote: { EUR: 1 } } });
  const rates = (answer: typeof usd) => z.record(z.string(), z.number().positive()).parse(answer.body['quote']);
  expect(Object.keys(rates(usd)).toSorted()).toEqual(Object.keys(rates(eur)).toSorted());
  expect((rates(usd)['EUR'] ?? 0) * (rates(eur)['USD'] ?? 0)).toBeCloseTo(1, 6);

  expect(await callsOf('/forex/rates')).toMatchObject([{ status: 403 }]);
  expect(await platform.sandbox.arrivals('rates')).toHaveLength(1);
  expect(await platform.orm.em.fork().count(ForexRate, { source: 'ecb' })).toBe(2);
  expect(JSON.parse((await eventOf('forex.updated', 'USD')).data)).toMatchObject({ base: 'USD', source: 'ecb' });
  expect(await read('/market/forex?base=KPW')).toMatchObject({ status: 404, body: { code: 'unknown_symbol' } });
});

test('BTC, BTCUSDT and BINANCE:BTCUSDT are one coin: one call, one row, one event, under either path', async () => {
  const paths = [
    'crypto?symbol=BTC',
    'crypto?symbol=btcusdt',
    'crypto?symbol=BINANCE:BTCUSDT',
    'quote?symbol=BINANCE:BTCUSDT',
  ];
  const answers = await Promise.all(paths.map((path) => read(`/market/${path}`)));
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { symbol: 'BINANCE:BTCUSDT' } });
  expect((await callsOf('/quote')).filter(({ path }) => path.includes('BTCUSDT'))).toHaveLength(1);
  const em = platform.orm.em.fork();
  expect(await em.count(CryptoData, { symbol: 'BINANCE:BTCUSDT' })).toBe(1);
  expect(await em.count(StockQuote, { symbol: 'BINANCE:BTCUSDT' })).toBe(0);
  expect(await eventOf('crypto.updated', 'BINANCE:BTCUSDT')).toMatchObject({ version: '1' });
});

test('a search is answered and remembered', async () => {
  const first = await read('/market/search?q=apple');
  expect(first).toMatchObject({ status: 200, body: { q: 'apple', count: 1 } });
  expect(first.body['data']).toEqual([
    { symbol: 'AAPL', description: 'Apple Inc', display_symbol: 'AAPL', type: 'Common Stock' },
  ]);
  expect(await read('/market/search?q=%20apple%20')).toEqual(first);
  expect((await callsOf('/search')).filter(({ path }) => path.includes('apple'))).toHaveLength(1);
});

test('unknown symbols are 404 and remembered: a company costs one call, news two', async () => {
  for (const _ of [1, 2]) {
    for (const path of ['company', 'news'])
      expect(await read(`/market/${path}?symbol=ZZZNOTHING`)).toMatchObject({
        status: 404,
        body: { code: 'unknown_symbol', detail: "The provider does not know 'ZZZNOTHING'." },
      });
  }
  const calls = (await platform.sandbox.arrivals('finnhub')).filter(({ path }) => path.includes('ZZZNOTHING'));
  expect(calls.map(({ path }) => path.split('?')[0])).toEqual([
    '/api/v1/stock/profile2',
    '/api/v1/company-news',
    '/api/v1/search',
  ]);
});

test('watched symbols are polled from the start, without anybody asking, and read without a call', async () => {
  const both = await until('both watched', async () => {
    const answer = await read('/market/quotes?symbols=TSLA,BINANCE:ETHUSDT,NOBODY');
    return z.array(z.unknown()).parse(answer.body['missing']).length === 1 ? answer : undefined;
  });
  expect(both).toMatchObject({ status: 200, body: { missing: ['NOBODY'] } });
  expect(both.body['data']).toMatchObject([{ symbol: 'TSLA' }, { symbol: 'BINANCE:ETHUSDT' }]);
  const calls = (await platform.sandbox.arrivals('finnhub')).filter(({ path }) => path.includes('NOBODY'));
  expect(calls).toEqual([]);
});

test('history holds what was stored', async () => {
  const quote = await read('/market/crypto?symbol=BTC');
  const { status, body } = await read('/market/crypto/history?symbol=BTC&limit=100');
  expect(status).toBe(200);
  expect(body).toMatchObject({ symbol: 'BINANCE:BTCUSDT', next_cursor: null });
  const { symbol: _symbol, stale: _stale, ...observation } = quote.body;
  expect(body['data']).toContainEqual(observation);
  expect((await read('/market/forex/history?base=USD&from=2020-01-01')).body['data']).toHaveLength(1);
});
