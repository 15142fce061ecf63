import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { StockQuote } from '../../../src/entities/market.entity.ts';
import { until } from '../../support/processes/process.ts';
import { observedPrice } from '../../support/api/observed-price.ts';
import { example, type MarketHouse, openMarketHouse } from '../../support/api/market-api.ts';

// A short window, so that a rest of the queue is over soon.
let house: MarketHouse;
beforeAll(async () => {
  house = await openMarketHouse({ FINNHUB_WINDOW_MS: '1000' });
  house.startWorker();
});
afterAll(() => house.close());
afterEach(() => house.sandbox.clearFaults());

const rows = (symbol: string) => house.ctx.orm.em.fork().count(StockQuote, { symbol });
const hour = 3_600_000;
const patient = { prefer: 'wait=10' };
/** An age in whole seconds: at least so much, and no more than what the test took on top. */
const secondsOf = (leastMs: number, tookMs: number) => ({
  asymmetricMatch: (text: unknown) =>
    /^\d+$/.test(String(text)) &&
    Number(text) >= Math.floor(leastMs / 1_000) &&
    Number(text) <= Math.floor((leastMs + tookMs) / 1_000),
});

describe('a fresh copy', () => {
  test('is answered at once with its age, its tag and how long it is fresh, and nobody is called', async () => {
    const beganMs = Date.now();
    await house.keepCopy('AAPL', 1_200);
    const { status, headers, body } = await house.quote('aapl');
    const tookMs = Date.now() - beganMs;
    expect(status).toBe(200);
    expect(body).toMatchObject({ symbol: 'AAPL', ...example, source: 'finnhub', stale: false });
    expect(headers.get('age')).toEqual(secondsOf(1_200, tookMs));
    const left = Number(/^orderflow; hit; ttl=(\d+)$/.exec(headers.get('cache-status') ?? '')?.[1]);
    expect(left).toBeLessThanOrEqual(9);
    expect(left).toBeGreaterThanOrEqual(Math.ceil((8_800 - tookMs) / 1_000));
    expect(headers.get('cache-control')).toBe(`public, max-age=${Number(headers.get('age')) + left}`);
    expect(headers.get('content-type')).toContain('application/json');
    expect(await house.callsAbout('AAPL')).toEqual([]);
  });

  test('is not sent again to who has it', async () => {
    await house.keepCopy('MSFT', 0);
    const tag = (await house.quote('MSFT')).headers.get('etag') ?? '';
    for (const sent of [tag, `"other", ${tag}`, `W/${tag}`, `"a,b",W/"c"  ,W/${tag},`, '*', ' * ']) {
      const { status, headers, body } = await house.quote('MSFT', { 'if-none-match': sent });
      expect([status, headers.get('etag'), body]).toEqual([304, tag, {}]);
    }
    for (const sent of ['"other"', tag.slice(1, -1), `w/"${tag}`, `"x${tag.slice(1)}`, '"*"', ''])
      expect((await house.quote('MSFT', { 'if-none-match': sent })).status, sent).toBe(200);
  });
});

describe('an old copy', () => {
  test('is answered at once as stale, and any number of readers cause one refresh', async () => {
    await house.sandbox.fault({ target: 'finnhub', kind: 'slow', ms: 300 });
    const beganMs = Date.now();
    await house.keepCopy('NVDA', hour);
    const answers = await Promise.all(Array.from({ length: 30 }, () => house.quote('NVDA')));
    const tookMs = Date.now() - beganMs;
    for (const { status, headers, body } of answers) {
      expect([status, body['stale'], body['c']]).toEqual([200, true, example.c]);
      expect(headers.get('age')).toEqual(secondsOf(hour, tookMs));
      expect(headers.get('cache-control')).toBe('public, max-age=0');
    }
    const fresh = await until('a fresh price', async () => {
      const answer = await house.quote('NVDA');
      return answer.body['stale'] === false ? answer : undefined;
    });
    expect(fresh.headers.get('etag')).not.toBe(answers[0]?.headers.get('etag'));
    expect(await house.callsAbout('NVDA')).toEqual(['quote']);
    expect(await rows('NVDA')).toBe(1);
  });

  test('is taken from MySQL when Redis has lost it', async () => {
    expect((await house.quote('TSLA', patient)).status).toBe(200);
    await house.ctx.redis.del('copy:fetch-quote:TSLA');
    expect((await house.quote('TSLA')).status).toBe(200);
    expect(await house.callsAbout('TSLA')).toEqual(['quote']);
  });

  test('is one that MySQL has from a clock which is an hour ahead, however soon it is read', async () => {
    const ahead = { ...observedPrice('DIS', 0), observedAt: new Date(Date.now() + hour) };
    await house.ctx.orm.em.fork().insert(StockQuote, ahead);
    expect((await house.quote('DIS')).body).toMatchObject({ c: 100, stale: true });
    await until('a fresh price', async () => ((await house.quote('DIS')).body['stale'] === false ? true : undefined));
    expect(await house.callsAbout('DIS')).toEqual(['quote']);
  });

  test('is still the answer while the provider fails', async () => {
    await house.sandbox.fault({ target: 'finnhub', kind: '5xx' });
    await house.keepCopy('META', hour);
    expect((await house.quote('META')).body).toMatchObject({ c: example.c, stale: true });
    await until('it was tried', async () => ((await house.callsAbout('META')).length > 0 ? true : undefined));
    expect((await house.quote('META')).body).toMatchObject({ c: example.c, stale: true });
  });

  test('is never replaced by zeros, which cost one call and no search', async () => {
    await house.sandbox.fault({ target: 'finnhub', kind: 'zeros' });
    await house.keepCopy('NFLX', hour);
    await house.quote('NFLX');
    await until('it was tried', async () => ((await house.callsAbout('NFLX')).length > 0 ? true : undefined));
    await until('the fetch is over', async () =>
      (await house.ctx.market.asks.isWanted('fetch-quote:NFLX')) ? undefined : true,
    );
    expect(await house.callsAbout('NFLX')).toEqual(['quote']);
    expect((await house.quote('NFLX')).body).toMatchObject({ c: example.c, stale: true });
    expect(await rows('NFLX')).toBe(0);
  });
});

describe.each(['malformed', '5xx', 'html'])('%s from the provider', (kind) => {
  const nobodyWaits = (name: string) => async () => ((await house.ctx.market.asks.isWanted(name)) ? undefined : true);

  test('is one look, however many read after it, with an old copy', async () => {
    const symbol = `OLD.${kind.toUpperCase()}`;
    await house.sandbox.fault({ target: 'finnhub', kind });
    for (let n = 0; n < 15; n += 1) {
      await house.keepCopy(symbol, hour);
      expect(await house.quote(symbol)).toMatchObject({ status: 200, body: { c: example.c, stale: true } });
      await until('the fetch is over', nobodyWaits(`fetch-quote:${symbol}`));
    }
    expect(await house.callsAbout(symbol)).toEqual(['quote']);
  });

  test('is one look, however many read after it, without a copy, and they are told when to come back', async () => {
    const symbol = `NEW.${kind.toUpperCase()}`;
    await house.sandbox.fault({ target: 'finnhub', kind });
    const answers = [await house.quote(symbol, patient)];
    for (let n = 0; n < 11; n += 1) answers.push(await house.quote(symbol));
    for (const { status, headers } of answers) {
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(5);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(30);
    }
    expect(await house.callsAbout(symbol)).toEqual(['quote']);
  });
});

describe('without a copy', () => {
  test('the answer waits for the fetch', async () => {
    const beganMs = Date.now();
    const { status, body, headers } = await house.quote('AMZN', patient);
    expect([status, body['stale'], headers.get('age')]).toEqual([200, false, secondsOf(0, Date.now() - beganMs)]);
    expect(await rows('AMZN')).toBe(1);
  });

  test('zeros for a listed symbol cost one search and are 503, not unknown and not a price', async () => {
    await house.sandbox.fault({ target: 'finnhub', kind: 'zeros' });
    const { status, headers, body } = await house.quote('AMD', patient);
    expect([status, body['code']]).toEqual([503, 'upstream_unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    for (let n = 0; n < 11; n += 1) expect((await house.quote('AMD')).status).toBe(503);
    expect(await house.callsAbout('AMD')).toEqual(['quote', 'search']);
    expect(await rows('AMD')).toBe(0);
  });

  test('a limit that the provider names is kept: the queue rests, goes on, and no attempt is lost', async () => {
    // The one refusal is for this quote, not for what the tests before have set going.
    await until('nothing else is fetched', async () => {
      const waiting = await house.ctx.jobs.queues
        .get('finnhub')
        ?.getJobCountByTypes('active', 'delayed', 'prioritized', 'waiting');
      return waiting === 0 ? true : undefined;
    });
    await house.sandbox.fault({ target: 'finnhub', kind: '429', times: 1, retry_after: 1 });
    const { status } = await house.quote('INTC', patient);
    expect(status).toBe(200);
    const times = (await house.sandbox.arrivals('finnhub')).filter(({ path }) => path.includes('INTC'));
    expect(times.map((arrival) => arrival.status)).toEqual([429, 200]);
    expect((times[1]?.at_ms ?? 0) - (times[0]?.at_ms ?? 0)).toBeGreaterThanOrEqual(950);
  });

  test('a provider that keeps failing is 503 with a time to come back, and nothing is stored', async () => {
    await house.sandbox.fault({ target: 'finnhub', kind: '5xx' });
    const { status, headers, body } = await house.quote('ORCL', patient);
    expect([status, body['code']]).toEqual([503, 'upstream_unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await house.callsAbout('ORCL')).toEqual(['quote']);
    expect(await rows('ORCL')).toBe(0);
  });
});
