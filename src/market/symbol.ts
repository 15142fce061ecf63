import { isPriced, pairOf } from './crypto-symbol.ts';
import { Ticker } from './ticker.ts';

// Coins that are meant wherever they are named, for want of a company of that name worth the mention. Any other goes by its pair.
const coins = new Set('ADA AVAX BNB BONK BTC DOGE DOT ETH FLOKI HBAR PEPE SHIB SOL XLM XRP'.split(' '));

/** A share, or a coin, in its one canonical form: `aapl` is `AAPL`; `BTC` and `BTCUSDT` are `BINANCE:BTCUSDT`. */
export const Symbol = Ticker.overwrite((name) => (coins.has(name) || isPriced(name) ? pairOf(name) : name)).max(32);

/** A word as it stands, and as the symbol that it may name: for looking through what is not about symbols alone. */
export function spellingsOf(word: string): readonly string[] {
  return [...new Set([word, Symbol.safeParse(word).data ?? word])];
}
