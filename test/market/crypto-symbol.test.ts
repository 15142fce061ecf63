import { expect, it } from 'vitest';
import { pollEveryMs } from '../../src/market/cadence.ts';
import { CryptoSymbol, isCrypto } from '../../src/market/crypto-symbol.ts';

it.each([
  ['BTC', 'BINANCE:BTCUSDT'],
  ['btcusdt', 'BINANCE:BTCUSDT'],
  ['BINANCE:BTCUSDT', 'BINANCE:BTCUSDT'],
  ['ETHUSDC', 'BINANCE:ETHUSDC'],
  ['BINANCE:ETHBTC', 'BINANCE:ETHBTC'],
  ['coinbase:BTC-USD', 'COINBASE:BTC-USD'],
  ['USDT', 'BINANCE:USDTUSDT'],
])('%s is %s', (given, canonical) => {
  expect(CryptoSymbol.parse(given)).toBe(canonical);
  expect(CryptoSymbol.parse(canonical)).toBe(canonical);
});

it.each(['', ':', 'OANDA:EUR_USD', 'BTC USDT', 'BTC/USDT', 'B'.repeat(30), '🚀'])('%s is no coin', (given) => {
  expect(CryptoSymbol.safeParse(given).success).toBe(false);
});

it('a coin is told from a share by its exchange', () => {
  expect(['AAPL', 'BRK.B', 'OANDA:EUR_USD', 'BINANCE:BTCUSDT'].map(isCrypto)).toEqual([false, false, false, true]);
});

it('polls use half of the plan at the most, and none comes while the copy is fresh', () => {
  const plan = { perWindow: 60, windowMs: 60_000 };
  for (const count of [1, 8, 30, 500]) {
    const everyMs = pollEveryMs(count, plan, 10_000);
    expect((count * 60_000) / everyMs).toBeLessThanOrEqual(30);
    expect(everyMs).toBeGreaterThan(10_000);
  }
  expect(pollEveryMs(8, plan, 10_000)).toBe(16_000);
});
