import { expect, it } from 'vitest';
import { spellingsOf, Symbol } from '../../src/market/symbol.ts';

it.each([
  ['aapl', 'AAPL'],
  ['BRK.B', 'BRK.B'],
  ['BTC', 'BINANCE:BTCUSDT'],
  ['btc', 'BINANCE:BTCUSDT'],
  ['EthUsdt', 'BINANCE:ETHUSDT'],
  ['PEPEUSDT', 'BINANCE:PEPEUSDT'],
  ['WHOUSDC', 'BINANCE:WHOUSDC'],
  ['COINBASE:BTC-USD', 'COINBASE:BTC-USD'],
  // Companies of that name: Litecoin and Bitcoin Cash go by their pairs.
  ['LTC', 'LTC'],
  ['BCH', 'BCH'],
  ['USDT', 'USDT'],
])('%s is %s, and so is that', (given, canonical) => {
  expect(Symbol.parse(given)).toBe(canonical);
  expect(Symbol.parse(canonical)).toBe(canonical);
});

it.each(['', 'A B', '$A', `${'A'.repeat(28)}USDT`, 'A'.repeat(33)])('%s is no symbol', (given) => {
  expect(Symbol.safeParse(given).success).toBe(false);
});

it('what may be no symbol is looked for as it stands as well', () => {
  expect(spellingsOf('BTC')).toEqual(['BTC', 'BINANCE:BTCUSDT']);
  expect(spellingsOf('fakestore')).toEqual(['fakestore', 'FAKESTORE']);
  expect(spellingsOf('019341d2-0000-7000-8000-000000000003')).toEqual(['019341d2-0000-7000-8000-000000000003']);
});
