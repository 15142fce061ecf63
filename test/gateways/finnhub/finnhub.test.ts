import { afterAll, beforeAll, expect, test } from 'vitest';
import { GiveUp, RateLimited } from '../../../src/errors.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { patienceMs } from '../../support/processes/process.ts';
import { type Answer, openProvider, type Provider, recorded, says } from '../../support/upstreams/finnhub-provider.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await openProvider();
});
afterAll(() => provider.close());

const ask: Provider['ask'] = (...given) => provider.ask(...given);

async function restOf(headers: Record<string, string>): Promise<number> {
  const { error } = await ask(says(429, '{"error":"API limit reached."}', headers));
  if (error instanceof RateLimited) return error.waitMs;
  throw new Error('it was not taken for a limit', { cause: error });
}

test('the recorded quote is taken as it is, and its headers tell the budget what is left', async () => {
  const { quote, told } = await ask(says(200, recorded('quote-AAPL')));
  expect(quote).toEqual({ c: 308.82, d: 3.83, dp: 1.2558, h: 311.4, l: 305.84, o: 306.12, pc: 304.99, t: 1779480000 });
  expect(told).toEqual([{ limit: 60, remaining: 55 }]);
});

test('the key travels in its header and nowhere else', async () => {
  await ask(says(200, recorded('quote-AAPL')));
  expect(provider.asked()?.headers['x-finnhub-token']).toBe('k-secret');
  expect(provider.asked()?.url).toBe('/api/v1/quote?symbol=BRK.B');
  expect(JSON.stringify({ ...provider.asked()?.headers, 'x-finnhub-token': '' })).not.toContain('k-secret');
});

test('the zeros of an unknown symbol are no price', async () => {
  const { quote, error } = await ask(says(200, recorded('quote-unknown')));
  expect([quote, error]).toEqual([undefined, undefined]);
});

test('older bodies without changes, and prices with zero highs, are prices', async () => {
  const old = { c: 98.5, h: 0, l: 0, o: 0, pc: 0, t: 1600000000 };
  expect((await ask(says(200, JSON.stringify(old)))).quote).toEqual({ ...old, d: null, dp: null });
});

test.each([
  'profile2-AAPL',
  'profile2-unknown',
  'company-news-AAPL',
  'search-apple',
  'market-status-US',
  'market-holiday-US',
])('the recorded %s is no quote', async (name) => {
  expect((await ask(says(200, recorded(name)))).error).toBeInstanceOf(UpstreamFault);
});

test('403 and 401 end the job: another try would be refused too', async () => {
  expect((await ask(says(403, recorded('403-free-key')))).error).toBeInstanceOf(GiveUp);
  const { error } = await ask(says(401, '{"error":"Invalid API key."}'));
  expect(error).toBeInstanceOf(GiveUp);
  expect(String(error)).not.toContain('k-secret');
});

test.each([
  ['7', 7_000],
  ['0', 30_000],
  ['-1', 30_000],
  ['1000000000', 60_000],
  ['soon', 30_000],
  ['', 30_000],
  ['0.001', 100],
  ['1.5', 1_500],
  ['9'.repeat(400), 30_000],
  ['1e9', 30_000],
  ['0x10', 30_000],
  ['5 s', 30_000],
  ['7, 9', 30_000],
  ['Infinity', 30_000],
  ['NaN', 30_000],
  ['2099', 60_000],
  ['May 2099', 30_000],
  ['Thu, 01 Jan 2099 00:00:00 GMT', 60_000],
  ['Thu, 99 Xyz 2099 99:99:99 GMT', 30_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
])('429 with Retry-After: %s rests %i ms', async (retryAfter, restMs) => {
  expect(await restOf({ 'retry-after': retryAfter })).toBe(restMs);
});

test('429 with a date in Retry-After rests until then', async () => {
  const rest = await restOf({ 'retry-after': new Date(Date.now() + 50_000).toUTCString() });
  expect(rest).toBeGreaterThan(35_000);
  expect(rest).toBeLessThanOrEqual(50_000);
});

test("429 without Retry-After rests until the window's end if that is named, else a window", async () => {
  const reset = await restOf({ 'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 50) });
  expect(reset).toBeGreaterThan(35_000);
  expect(reset).toBeLessThanOrEqual(50_000);
  expect(await restOf({ 'x-ratelimit-reset': '1637106492' })).toBe(30_000);
  expect(await restOf({})).toBe(30_000);
});

test('what a proxy in between answers tells the budget nothing; what the provider answers without a header, that', async () => {
  const bare: Answer = (response) =>
    response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
  const { error, told } = await ask(bare);
  expect(error).toBeInstanceOf(UpstreamFault);
  expect(told).toEqual(['silent']);
  const unlabelled: Answer = (response) => response.end(recorded('quote-AAPL'));
  expect((await ask(unlabelled)).told).toEqual(['unlabelled']);
  expect((await ask(says(200, recorded('quote-AAPL'), { 'x-ratelimit-remaining': 'many' }))).told).toEqual([
    'unlabelled',
  ]);
  expect((await ask(says(200, recorded('quote-AAPL'), { 'x-ratelimit-remaining': '61' }))).told).toEqual([
    'unlabelled',
  ]);
});

test('without a key nothing is asked', async () => {
  provider.answers(says(200, recorded('quote-AAPL')));
  const take = async () => Promise.reject(new Error('asked for a grant'));
  await expect(provider.client({ take }).quote('AAPL', AbortSignal.timeout(patienceMs))).rejects.toThrow(GiveUp);
  expect(provider.asked()).toBeUndefined();
});

test('a grant that has become void makes no call, and asks for another soon', async () => {
  provider.answers(says(200, recorded('quote-AAPL')));
  const finnhub = provider.client({ isGood: async () => false }, 'k');
  await expect(finnhub.quote('AAPL', AbortSignal.timeout(patienceMs))).rejects.toThrow(RateLimited);
  expect(provider.asked()).toBeUndefined();
});

test('a symbol is listed when a search finds exactly it', async () => {
  provider.answers(says(200, recorded('search-apple')));
  const finnhub = provider.client({}, 'k');
  const signal = AbortSignal.timeout(patienceMs);
  expect(await finnhub.isListed('AAPL', signal)).toBe(true);
  expect(await finnhub.isListed('AAP', signal)).toBe(false);
  expect(await finnhub.isListed('603020.SS', signal)).toBe(true);
});
