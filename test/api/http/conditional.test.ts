import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isKnown } from '../../../src/api/http/conditional.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { companyName, forexName, quoteName, searchName } from '../../support/api/market-kinds.ts';

// From RFC 9110, 8.8.3.2 and 13.1.2.
const tag = '"xyzzy"';
it.each([
  ['*', true],
  [' * ', true],
  ['"xyzzy"', true],
  ['W/"xyzzy"', true],
  ['"r2d2xxxx", "xyzzy", "c3piozzzz"', true],
  ['W/"r2d2xxxx",W/"xyzzy"', true],
  ['"a,b", "xyzzy"', true],
  [', "a" ,, "xyzzy" ,', true],
  ['\t"xyzzy"\t', true],
  ['""', false],
  ['"XYZZY"', false],
  ['w/"xyzzy"', false],
  ['xyzzy', false],
  ['"xyzzy', false],
  ['"r2d2xxxx"', false],
  ['"a,"xyzzy""', false],
  ['"a" "xyzzy"', false],
  ['"*"', false],
  ['*, "xyzzy"', false],
  ['', false],
  [undefined, false],
])('If-None-Match: %s knows "xyzzy": %s', (header, isSo) => {
  expect(isKnown(header, tag)).toBe(isSo);
  expect(isKnown(header, `W/${tag}`)).toBe(isSo);
});

it('a header of any length is read in no time to speak of', () => {
  for (const many of ['"a",'.repeat(20_000), '",'.repeat(20_000), `${' ,'.repeat(20_000)}x`, 'W/'.repeat(20_000)])
    expect(isKnown(many, tag)).toBe(false);
});

describe('every route that names its answers', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi({ FINNHUB_API_KEY: 'test' });
    const observedAtMs = Date.now();
    for (const name of [
      quoteName('AAPL'),
      quoteName('BINANCE:BTCUSDT'),
      companyName('AAPL'),
      forexName('USD'),
      searchName('apple'),
    ])
      await api.ctx.market.cache.write(name, { body: '{"c":1', observedAtMs });
  });
  afterAll(() => api.close());

  it.each([
    '/market/quote?symbol=AAPL',
    '/market/crypto?symbol=BTC',
    '/market/company?symbol=AAPL',
    '/market/forex?base=USD',
    '/market/search?q=apple',
    '/openapi.json',
    '/asyncapi.json',
  ])('%s', async (path) => {
    const etag = (await api.send('GET', path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const [header, status] of [
      [etag, 304],
      [`W/${etag}`, 304],
      [`"other", W/${etag}`, 304],
      ['*', 304],
      ['"other"', 200],
      [etag.slice(1, -1), 200],
    ] as const) {
      const answer = await api.send('GET', path, { headers: { 'if-none-match': header } });
      expect([header, answer.status, answer.headers.get('etag')]).toEqual([header, status, etag]);
      if (status === 304) expect(await answer.text()).toBe('');
    }
  });
});
