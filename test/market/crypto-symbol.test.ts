import { expect, it } from 'vitest';
import { CryptoSymbol, isCrypto } from '../../src/market/symbol.ts';

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
