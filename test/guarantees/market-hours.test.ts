import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({
    // Thanksgiving, when it is never open.
    sandboxArgs: ['--hours', 'exchange', '--clock', '2026-11-26T15:00:00Z'],
    env: {
      WATCHLIST: 'AAPL,BINANCE:BTCUSDT',
      FINNHUB_PER_MINUTE: '600',
      QUOTE_TTL_SECONDS: '1',
      CRYPTO_TTL_SECONDS: '1',
    },
  });
});
afterAll(() => platform.stop());

const callsTo = async (endpoint: string) =>
  (await platform.sandbox.arrivals('finnhub')).filter(
    ({ path, status }) => path.startsWith(`/api/v1${endpoint}`) && status === 200,
  ).length;
const callsReach = (endpoint: string, count: number) =>
  until(`${count} calls to ${endpoint}`, async () => ((await callsTo(endpoint)) >= count ? true : undefined));

test('while the exchange is closed, by the provider’s word, a share rests and a coin goes on', async () => {
  const [share, coin] = ['/quote?symbol=AAPL', '/quote?symbol=BINANCE'];
  await callsReach('/stock/market-status?exchange=US', 1);
  await callsReach('/stock/market-holiday?exchange=US', 1);
  await callsReach(share, 1);
  // Polls that had begun before it was known may still call.
  await until('the share rests while the coin is polled', async () => {
    const polled = await callsTo(share);
    await callsReach(coin, (await callsTo(coin)) + 3);
    return (await callsTo(share)) === polled ? true : undefined;
  });
  // Two, and on a machine where an attempt was too slow to hear the answers, two more; not two a poll.
  expect(await callsTo('/stock/market')).toBeLessThanOrEqual(4);
  const answer = await platform.send('GET', '/market/watchlist', undefined, 'admin');
  expect(await answer.json()).toMatchObject({
    data: [
      { symbol: 'AAPL', market: 'closed' },
      { symbol: 'BINANCE:BTCUSDT', market: 'always' },
    ],
  });
});
