import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../../src/api/app.ts';
import { CryptoData, MarketNews } from '../../../src/entities/market.entity.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import type { Copy } from '../../../src/market/copy.ts';
import { news } from '../../../src/market/data/news.market.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { fetchNews, newsName, storedNews } from '../../support/api/market-kinds.ts';
import { until } from '../../support/processes/process.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const week = (symbol: string) => ({ symbol, from: '2026-11-16', to: '2026-11-22' });
const article = (id: number, day = '20') => ({
  id,
  datetime: Date.parse(`2026-11-${day}T12:00:00Z`) / 1_000 + id,
  headline: `Headline ${id}`,
  category: 'company',
  image: '',
  related: 'X',
  source: 'Example Wire',
  summary: 'A <b>summary</b> ☂',
  url: `https://news.example/${id}`,
});
const articles = (count: number) => Array.from({ length: count }, (_, index) => article(index + 1));
const run = (range: ReturnType<typeof week>, finnhub: Parameters<MarketDesk['run']>[2]) =>
  desk.run(fetchNews, range, { wanted: newsName(range), ...finnhub });
const Told = z.object({ data: z.array(z.object({ id: z.int() })) });
const answerOf = (copy: Copy | undefined): unknown => JSON.parse(`${copy?.body ?? ''}}`);
const ids = async (symbol: string) =>
  (await desk.ctx.orm.em.fork().find(MarketNews, { symbol }))
    .map(({ providerId }) => providerId)
    .toSorted((a, b) => a - b);
const published = async (symbol: string) =>
  (await desk.events()).filter(({ type, subject }) => type === 'news.published' && subject === symbol);

describe('fetch-news', () => {
  it('stores each article once, caches them newest first, and announces the new ones in one event', async () => {
    const sent = [article(3), article(1), article(3), article(2), article(9, '02')];
    const result = await run(week('AAPL'), { finnhub: { news: async () => sent } });
    expect(result).toEqual({ symbol: 'AAPL', outcome: 'stored', published: 4 });
    expect(await ids('AAPL')).toEqual([1, 2, 3, 9]);

    // The provider has sent one from before the days asked for: it is kept, and not told here.
    const copy = await desk.ctx.market.cache.read(newsName(week('AAPL')));
    const data = [article(3), article(2), article(1)];
    const as_of = '2026-11-22T10:15:00.000Z';
    expect(answerOf(copy)).toEqual({ ...week('AAPL'), data, as_of, source: 'finnhub' });
    expect(await published('AAPL')).toMatchObject([{ data: { ...week('AAPL'), count: 4 } }]);
  });

  it('runs twice, and announces nothing the second time', async () => {
    const finnhub = { news: async () => articles(3) };
    await run(week('MSFT'), { finnhub, id: 'the-same' });
    await desk.ctx.redis.del(`copy:${newsName(week('MSFT'))}`);
    expect(await run(week('MSFT'), { finnhub, id: 'the-same' })).toMatchObject({ outcome: 'stored', published: 0 });
    expect(await ids('MSFT')).toEqual([1, 2, 3]);
    expect(await published('MSFT')).toHaveLength(1);
  });

  it('stores what more than one statement holds, and tells of the newest fifty', async () => {
    await run(week('NVDA'), { finnhub: { news: async () => articles(1_200) } });
    expect(await ids('NVDA')).toHaveLength(1_200);
    const [event] = await published('NVDA');
    expect(event).toMatchObject({ data: { count: 1_200 } });
    expect(event).toHaveProperty('data.data.length', 50);
    expect(event).toHaveProperty('data.data.0.id', 1_200);
  });

  it('answers a narrower range from MySQL when a wider one has been fetched, and no other', async () => {
    await run(week('TSLA'), { finnhub: { news: async () => [article(1, '18'), article(2, '21')] } });
    const em = desk.ctx.orm.em.fork();
    const narrow = await storedNews(em, { symbol: 'TSLA', from: '2026-11-17', to: '2026-11-20' });
    expect(answerOf(narrow)).toMatchObject({ from: '2026-11-17', data: [article(1, '18')] });
    expect(await storedNews(em, { symbol: 'TSLA', from: '2026-11-15', to: '2026-11-20' })).toBeUndefined();
  });

  it('takes no news of a known symbol for no news, and searches once for one of which nothing is known', async () => {
    const silent = { news: async () => [] };
    desk.pass(3_600_000);
    expect((await run(week('AAPL'), { finnhub: silent })).outcome).toBe('stored');
    expect((await run(week('QUIET'), { finnhub: { ...silent, isListed: async () => true } })).outcome).toBe('stored');
    expect((await run(week('NOPE'), { finnhub: { ...silent, isListed: async () => false } })).outcome).toBe(
      'unknown_symbol',
    );
    expect(await desk.ctx.market.cache.isUnknown(newsName(week('NOPE')))).toBe(true);
    expect(await published('QUIET')).toEqual([]);
  });

  it('searches for no coin whose price is stored', async () => {
    const pair = 'BINANCE:BTCUSDT';
    await desk.ctx.orm.em.fork().insert(CryptoData, {
      symbol: pair,
      jobId: 'earlier',
      current: 97_000,
      quotedAt: 1_795_340_000,
      observedAt: desk.now(),
      source: 'finnhub',
    });
    expect(await run(week(pair), { finnhub: { news: async () => [] } })).toMatchObject({ outcome: 'stored' });
  });

  it('announces each article once, also when two ranges of a symbol are stored at once', async () => {
    const [isHeld, isSeen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const store = (
      range: ReturnType<typeof week>,
      sent: readonly ReturnType<typeof article>[],
      hold: () => Promise<void>,
    ) =>
      desk.ctx.transaction(async (tx) => {
        const said = news.call(range).answer.parse(sent) ?? [];
        const seen = { jobId: range.from, observedAt: desk.now(), source: 'finnhub' };
        const [written] = await news.store.write(tx, [{ ask: range, said, seen }]);
        await hold();
        return Told.parse(written?.told).data.map(({ id }) => id);
      });
    const one = store(week('TWICE'), [article(1), article(2), article(3)], async () => {
      isHeld.resolve();
      await isSeen.promise;
    });
    await isHeld.promise;
    const other = store({ ...week('TWICE'), from: '2026-11-10' }, [article(2), article(3), article(4)], async () => {});
    const sql = `/* of the test */ select 1 from information_schema.processlist
      where db = database() and info like 'insert%market_news%'`;
    await until('it waits', async () => (await desk.ctx.orm.em.fork().execute(sql)).length > 0 || undefined);
    isSeen.resolve();
    expect([await one, await other]).toEqual([[3, 2, 1], [4]]);
    expect(await ids('TWICE')).toEqual([1, 2, 3, 4]);
  });

  it('gives up with nothing stored, and frees its place among those who wait', async () => {
    const finnhub = {
      news: async () => {
        throw new UpstreamFault('Finnhub answered 502');
      },
    };
    await expect(run(week('KO'), { finnhub })).rejects.toThrow('502');
    await fetchNews.farewell?.(week('KO'), new Error('over'), desk.ctx);
    expect(await desk.ctx.market.asks.isWanted(newsName(week('KO')))).toBe(false);
    expect(await ids('KO')).toEqual([]);
  });
});

describe('when a day has begun', () => {
  const midnight = Date.parse('2026-11-26T00:00:00Z');
  const standAt = (ms: number) => desk.pass(ms - desk.now().getTime());
  const read = async (query = '') => {
    const app = await buildApp(desk.ctx, desk.parts);
    const answer = await app.request(`/market/news?symbol=AMZN${query}`, { headers: { prefer: 'wait=0' } });
    return { status: answer.status, body: z.looseObject({}).parse(await answer.json()) };
  };

  it('the news up to the day before are an old copy, and no other days’ are', async () => {
    standAt(midnight - 60_000);
    const range = { symbol: 'AMZN', from: '2026-11-19', to: '2026-11-25' };
    await run(range, { finnhub: { news: async () => [article(1)] } });
    standAt(midnight + 600_000);
    const days = { from: '2026-11-20', to: '2026-11-26' };
    expect(await read()).toMatchObject({ status: 200, body: { ...days, data: [article(1)], stale: true } });
    standAt(midnight + 86_400_000);
    expect((await read()).status).toBe(202);
    expect((await read('&from=2026-11-20&to=2026-11-26')).status).toBe(202);
  });

  it('news that were asked for only up to the day before tell nothing of today', async () => {
    standAt(midnight + 90_000_000);
    await run({ symbol: 'AMZN', from: '2026-11-19', to: '2026-11-26' }, { finnhub: { news: async () => [] } });
    expect((await read()).status).toBe(202);
  });
});
