import { z } from 'zod';
import { CryptoData } from '../../entities/market.entity.ts';
import { defineMarketData } from '../define-market-data.ts';
import { Poll, PriceKeys, pricesIn, quoteCall } from '../price.ts';
import { CryptoSymbol } from '../symbol.ts';

/** A coin's price at an exchange. */
export const crypto = defineMarketData({
  name: 'crypto',
  what: 'a crypto price',
  summary: 'A coin’s price at an exchange, in the provider’s own keys.',
  freshSeconds: 'CRYPTO_TTL_SECONDS',
  payload: z.object({ symbol: CryptoSymbol, poll: Poll }),
  query: z.object({ symbol: CryptoSymbol.meta({ example: 'BTC' }) }),
  answer: PriceKeys,
  example: {
    symbol: 'BINANCE:BTCUSDT',
    c: 91_204.5,
    d: 412.3,
    dp: 0.4541,
    h: 91_890,
    l: 90_310.12,
    o: 90_800,
    pc: 90_792.2,
    t: 1_758_312_000,
    as_of: '2025-09-19T20:00:01.000Z',
    source: 'finnhub',
  },
  call: ({ symbol }) => quoteCall(symbol),
  silence: 'fault',
  store: pricesIn(CryptoData),
});
