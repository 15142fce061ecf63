import { chance, seedOf } from '../chance.ts';
import type { Hours, Session } from './hours.ts';
import { type Listing, listings } from './listings.ts';

/** A quote with the provider's keys. */
export interface Quote {
  readonly c: number;
  readonly d: number | null;
  readonly dp: number | null;
  readonly h: number;
  readonly l: number;
  readonly o: number;
  readonly pc: number;
  readonly t: number;
}

/** What an unknown symbol gets, with status 200. */
export const zeros: Quote = { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };

/** A market that is a function of the seed and the clock alone: asked again about a moment, it says the same. */
export type Market = (symbol: string, nowMs: number) => Quote;

const octaves = 21; // Waves of 1 s, 2 s, 4 s … 12 days; together they look like a random walk.
const dailyOctave = 16; // 2^16 s is about 18 hours.

/** Opens the market. Prices tick every second of the hours it keeps. */
export function openMarket(seed: number, hours: Hours): Market {
  const days = new Map<string, TradingDay>();
  return (symbol, nowMs) => {
    const listing = listings.get(symbol);
    if (!listing) return zeros;
    const session = hours.session(listing.type, nowMs);
    let day = days.get(symbol);
    // A clock that went back is looked at afresh, like a new day.
    if (day?.opened !== session.opened || day.second > session.last) day = openDay(seed, listing, session);
    days.set(symbol, day);
    while (day.second < session.last) {
      day.second += 1;
      day.height = day.walk(day.second);
      if (day.height > day.highest) day.highest = day.height;
      if (day.height < day.lowest) day.lowest = day.height;
    }
    return quoteOf(day);
  };
}

// Prices follow from heights of the walk; only heights are compared, because a day has 86,400 of them.
interface TradingDay {
  readonly opened: number;
  readonly decimals: number;
  readonly o: number;
  readonly pc: number;
  readonly walk: (second: number) => number;
  readonly priceAt: (height: number) => number;
  second: number;
  height: number;
  highest: number;
  lowest: number;
}

function openDay(seed: number, listing: Listing, { opened, closedBefore }: Session): TradingDay {
  const decimals = listing.price >= 10 ? 2 : 4;
  const walk = createWalk(seed ^ seedOf(listing.symbol));
  const swing = listing.type === 'Crypto' ? 0.022 : 0.011;
  const priceAt = (height: number) => rounded(listing.price * Math.exp(swing * height), decimals);
  const pc = priceAt(walk(closedBefore));
  const height = walk(opened);
  const o = priceAt(height);
  return { opened, decimals, o, pc, walk, priceAt, second: opened, height, highest: height, lowest: height };
}

function quoteOf({ height, highest, lowest, priceAt, o, pc, decimals, second }: TradingDay): Quote {
  const c = priceAt(height);
  return {
    c,
    d: rounded(c - pc, decimals),
    dp: rounded((100 * (c - pc)) / pc, 4),
    h: priceAt(highest),
    l: priceAt(lowest),
    o,
    pc,
    t: second,
  };
}

// A sum of smooth waves; the corners of each are remembered, because a day is walked through second by second.
function createWalk(seed: number): (second: number) => number {
  const waves = Array.from({ length: octaves }, (_, octave) => ({
    octave,
    period: 2 ** octave,
    size: 2 ** ((octave - dailyOctave) / 2),
    cell: Number.NaN,
    from: 0,
    to: 0,
  }));
  return (second) => {
    let height = 0;
    for (const wave of waves) {
      const cell = Math.floor(second / wave.period);
      if (wave.cell !== cell) {
        wave.cell = cell;
        wave.from = 2 * chance(seed, wave.octave, cell) - 1;
        wave.to = 2 * chance(seed, wave.octave, cell + 1) - 1;
      }
      height += wave.size * (wave.from + (wave.to - wave.from) * (second / wave.period - cell));
    }
    return height;
  };
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
