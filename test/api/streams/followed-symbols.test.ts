import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { quoteName } from '../../support/api/market-kinds.ts';
import { until } from '../../support/processes/process.ts';

let api: TestApi;
beforeAll(async () => {
  // Nobody is connected there: what is looked at is noted all the same.
  api = await openTestApi({ FINNHUB_API_KEY: 'test', FINNHUB_WS_URL: 'ws://127.0.0.1:9' });
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

const pair = 'BINANCE:LTCUSDT';
/** Follows these symbols until `seen` has found something; both are given. */
async function following<T>(symbols: string, seen: (text: () => string) => Promise<T>): Promise<T> {
  const answer = await api.send('GET', `/streams/market?types=tick&symbols=${symbols}`);
  const reader = answer.body?.getReader();
  let text = '';
  const reading = (async () => {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
      text += Buffer.from(part.value).toString();
  })();
  const found = await seen(() => text);
  await reader?.cancel();
  await reading;
  return found;
}
const looked = async () =>
  until('somebody looks', async () => {
    const symbols = await api.ctx.events.ticks.looking();
    return symbols.length > 0 ? symbols : undefined;
  });

test('a share has no place taken for a coin of its name of which nobody knows a price', async () => {
  expect(await following('AAPL,LTC,BTC', looked)).toEqual(['AAPL', 'BINANCE:BTCUSDT', 'LTC']);
});

test('a bare name has its pair followed as soon as a price of that is stored, or where it is named', async () => {
  expect(await following(pair, looked)).toEqual([pair]);
  await api.ctx.redis.flushdb();
  await api.ctx.market.cache.write(quoteName(pair), { body: '{', observedAtMs: Date.now() });
  expect(await following('LTC', looked)).toEqual([pair, 'LTC']);
});

test('who follows a bare name is given the trades of its pair that are told for others', async () => {
  const trade = { symbol: pair, price: 80, volume: 1, atMs: Date.now() };
  await api.ctx.events.ticks.tell(new Map([[pair, trade]]));
  await following('LTC', (text) => until('a tick', () => (text().includes(`"subject":"${pair}"`) ? true : undefined)));
});
