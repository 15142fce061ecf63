import { hash } from 'node:crypto';
import type { Trade } from '../../gateways/finnhub/trade-frame.ts';
import { priceScale } from '../../entities/market-columns.ts';
import { rounded } from '../price.ts';

/** The trades of a symbol within an interval that began at `began`, UNIX seconds. */
export type TickBar = Readonly<{
  symbol: string;
  began: number;
  open: number;
  high: number;
  low: number;
  close: number;
  trades: number;
  volume: number;
  firstMs: number;
  lastMs: number;
}>;

/** The lengths of intervals that trades are gathered in, in seconds. */
export type TickLength = 1 | 60;

/** Trades that have come and are not written yet. */
export type Gathering = Readonly<{
  /** Takes a frame's trades, unless this very frame has come before. Says whether it has taken them. */
  add(trades: readonly Trade[], frame: string): boolean;
  /** All that has been gathered since the last time, in the order of the keys, so that writers do not wait for each other in a circle. */
  take(): Readonly<Record<TickLength, readonly TickBar[]>>;
}>;

// The provider has been seen to send a frame twice, one after the other; a minute of a busy socket.
const mostFrames = 2_000;

/** Opens an empty gathering. */
export function openGathering(): Gathering {
  const frames = new Set<string>();
  let seconds = new Map<string, TickBar>();
  let minutes = new Map<string, TickBar>();
  return {
    add(trades, frame) {
      const name = hash('sha1', frame, 'base64');
      if (frames.has(name)) return false;
      frames.add(name);
      const [oldest] = frames.size > mostFrames ? frames : [];
      if (oldest !== undefined) frames.delete(oldest);
      for (const trade of trades) {
        join(seconds, trade, 1);
        join(minutes, trade, 60);
      }
      return true;
    },
    take() {
      const taken = { 1: inOrder(seconds), 60: inOrder(minutes) };
      seconds = new Map();
      minutes = new Map();
      return taken;
    },
  };
}

function join(bars: Map<string, TickBar>, { symbol, price, volume, atMs }: Trade, length: TickLength): void {
  const lengthMs = length * 1_000;
  const began = Math.floor(atMs / lengthMs) * length;
  const name = `${symbol} ${began}`;
  const value = rounded(price, priceScale);
  const ms = atMs - began * 1_000;
  const bar = bars.get(name);
  if (!bar) {
    const prices = { open: value, high: value, low: value, close: value };
    bars.set(name, { symbol, began, ...prices, trades: 1, volume, firstMs: ms, lastMs: ms });
    return;
  }
  bars.set(name, {
    ...bar,
    // Of several in one millisecond the order of coming decides.
    open: ms < bar.firstMs ? value : bar.open,
    high: Math.max(bar.high, value),
    low: Math.min(bar.low, value),
    close: ms >= bar.lastMs ? value : bar.close,
    trades: bar.trades + 1,
    volume: bar.volume + volume,
    firstMs: Math.min(bar.firstMs, ms),
    lastMs: Math.max(bar.lastMs, ms),
  });
}

function inOrder(bars: ReadonlyMap<string, TickBar>): TickBar[] {
  return [...bars.values()].toSorted((one, other) =>
    one.symbol === other.symbol ? one.began - other.began : one.symbol < other.symbol ? -1 : 1,
  );
}
