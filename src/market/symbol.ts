import { z } from 'zod';

const longest = 32;

/** A name as the provider writes it, upper case: `AAPL`, `BRK.B`, `^GSPC`, `BINANCE:BTCUSDT`. */
export const Ticker = z
  .string()
  .toUpperCase()
  .regex(/^[A-Z0-9^][A-Z0-9.:_^-]{0,31}$/, {
    error: 'must be a symbol such as AAPL or BINANCE:BTCUSDT',
    abort: true,
  });

const exchanges = new Set(
  'BINANCE BITFINEX BITTREX COINBASE GEMINI HITBTC HUOBI KRAKEN KUCOIN OKEX POLONIEX ZB'.split(' '),
);
const priced = /.(USDT|USDC|FDUSD)$/;

/**
 * A coin or a pair, in its one canonical form: `BTC` and `BTCUSDT` are `BINANCE:BTCUSDT`. A pair priced in another coin
 * needs its exchange: `BINANCE:ETHBTC`.
 */
export const CryptoSymbol = Ticker.overwrite(pairOf)
  .max(longest)
  .refine(isCrypto, 'must be a coin such as BTC, or a pair such as BINANCE:BTCUSDT');

/** The pair that a coin or a pair names. */
function pairOf(symbol: string): string {
  if (symbol.includes(':')) return symbol;
  return isPriced(symbol) ? `BINANCE:${symbol}` : `BINANCE:${symbol}USDT`;
}

/** Whether a name without an exchange is that of a pair. */
function isPriced(symbol: string): boolean {
  return !symbol.includes(':') && priced.test(symbol);
}

/** Whether a symbol names a pair at an exchange for coins. */
export function isCrypto(symbol: string): boolean {
  return symbol.includes(':') && exchanges.has(symbol.slice(0, symbol.indexOf(':')));
}

// Coins that are meant wherever they are named, for want of a company of that name worth the mention. Any other goes by its pair.
const coins = new Set('ADA AVAX BNB BONK BTC DOGE DOT ETH FLOKI HBAR PEPE SHIB SOL XLM XRP'.split(' '));

/** A share, or a coin, in its one canonical form: `aapl` is `AAPL`; `BTC` and `BTCUSDT` are `BINANCE:BTCUSDT`. */
export const Symbol = Ticker.overwrite((name) => (coins.has(name) || isPriced(name) ? pairOf(name) : name)).max(
  longest,
);

/** A word as it stands, and as the symbol that it may name: for looking through what is not about symbols alone. */
export function spellingsOf(word: string): readonly string[] {
  return [...new Set([word, Symbol.safeParse(word).data ?? word])];
}

/** What market data are about that are asked for by a symbol: a bare name may be a share's or a coin's, and means both. */
export function subjectsOf(symbol: string): readonly string[] {
  return [...new Set([symbol, pairOf(symbol)])].filter(({ length }) => length <= longest);
}

/** Whether two names are one ticker: share classes are written with a dot here and a dash there. */
export function isSameTicker(one: string, other: string): boolean {
  return one.toUpperCase().replaceAll('-', '.') === other.toUpperCase().replaceAll('-', '.');
}
