import { openTradeSocket, type TradeSocketOptions } from '../../gateways/finnhub/trade-socket.ts';
import type { Trade } from '../../gateways/finnhub/trade-frame.ts';
import type { CoveredSpan } from './store-ticks.ts';

/** A connection with the symbols that it follows, and since when nothing of each is missing. */
export type Line = Readonly<{
  /** Follows these, the first of them where not all are taken, and no others. */
  follow(symbols: readonly string[]): void;
  /**
   * Of which time all trades have come by now, symbol by symbol. Whoever stores them stores all that has come before, with them.
   * `onBegin` is told of a symbol when its time begins.
   */
  spans(onBegin: (symbol: string) => void): readonly CoveredSpan[];
  isGone(): boolean;
  /** Ends it, and resolves with why it is gone. */
  end(): Promise<string>;
  gone: Promise<string>;
}>;

/** What a line needs besides a socket's options. */
export type LineParts = Omit<TradeSocketOptions, 'onTrades' | 'onTooMany'> &
  Readonly<{
    most: number;
    onTrades(trades: readonly Trade[], frame: string): void;
    onTooMany(most: number): void;
  }>;

/** So long after its moment a trade may come, and so far clocks may be apart, for all that is said to be complete. */
const latenessMs = 3_000;

/** Connects. */
export function openLine(parts: LineParts): Line {
  const { now } = parts;
  let { most } = parts;
  let isGone = false;
  const followed = new Map<string, Readonly<{ askedAtMs: number; beganAtMs: number | undefined }>>();
  const socket = openTradeSocket({
    ...parts,
    onTooMany() {
      // The provider does not say which; it takes them in the order in which they are asked for.
      const last = [...followed.keys()].at(-1);
      if (last !== undefined) followed.delete(last);
      most = Math.max(1, followed.size);
      parts.onTooMany(most);
    },
  });
  void socket.gone.then(() => (isGone = true));
  return {
    follow(symbols) {
      const wanted = new Set(symbols.slice(0, most));
      for (const symbol of [...followed.keys()].filter((some) => !wanted.has(some))) {
        followed.delete(symbol);
        socket.unsubscribe(symbol);
      }
      for (const symbol of wanted) {
        if (followed.has(symbol)) continue;
        followed.set(symbol, { askedAtMs: now().getTime(), beganAtMs: undefined });
        socket.subscribe(symbol);
      }
    },
    spans(onBegin) {
      const answeredAtMs = socket.answeredAtMs();
      // One that lives and says nothing for long is ended, and then nothing after its last frame is believed.
      const endedAtMs = Math.min(answeredAtMs - latenessMs, socket.heardAtMs());
      const begun: CoveredSpan[] = [];
      for (const [symbol, { askedAtMs, beganAtMs }] of followed) {
        if (beganAtMs === undefined && answeredAtMs > askedAtMs) {
          followed.set(symbol, { askedAtMs, beganAtMs: now().getTime() + latenessMs });
          onBegin(symbol);
        }
        if (beganAtMs !== undefined && endedAtMs > beganAtMs) begun.push({ symbol, beganAtMs, endedAtMs });
      }
      return begun;
    },
    isGone: () => isGone,
    async end() {
      socket.end();
      return socket.gone;
    },
    gone: socket.gone,
  };
}
