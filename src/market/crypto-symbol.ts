import { Ticker } from './ticker.ts';

const exchanges = new Set(
  'BINANCE BITFINEX BITTREX COINBASE GEMINI HITBTC HUOBI KRAKEN KUCOIN OKEX POLONIEX ZB'.split(' '),
);
const priced = /.(USDT|USDC|FDUSD)$/;

/**
 * A coin or a pair, in its one canonical form: `BTC` and `BTCUSDT` are `BINANCE:BTCUSDT`. A pair priced in another coin
 * needs its exchange: `BINANCE:ETHBTC`.
 */
export const CryptoSymbol = Ticker.overwrite(pairOf)
  .max(32)
  .refine(isCrypto, 'must be a coin such as BTC, or a pair such as BINANCE:BTCUSDT');

/** The pair that a coin or a pair names. */
export function pairOf(symbol: string): string {
  if (symbol.includes(':')) return symbol;
  return isPriced(symbol) ? `BINANCE:${symbol}` : `BINANCE:${symbol}USDT`;
}

/** Whether a name without an exchange is that of a pair. */
export function isPriced(symbol: string): boolean {
  return !symbol.includes(':') && priced.test(symbol);
}

/** Whether a symbol names a pair at an exchange for coins. */
export function isCrypto(symbol: string): boolean {
  return symbol.includes(':') && exchanges.has(symbol.slice(0, symbol.indexOf(':')));
}
