import { chance, seedOf } from '../chance.ts';
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

const DAY = 86_400;
const octaves = 21; // Waves of 1 s, 2 s, 4 s … 12 days; together they look like a random walk.
const dailyOctave = 16; // 2^16 s is about 18 hours.

/** Opens the market. Prices tick every second, at all hours. */
export function openMarket(seed: number): Market {
  const days = new Map<string, TradingDay>();
  return (symbol, nowMs) => {
    const listing = listings.get(symbol);
    if (!listing) return zeros;
    const second = Math.floor(nowMs / 1000);
    const start = second - (second % DAY);
    let day = days.get(symbol);
    // A clock that went back is looked at afresh, like a new day.
    if (day?.start !== start || day.second > second) day = openDay(seed, listing, start);
    days.set(symbol, day);
    while (day.second < second) {
      day.second += 1;
      day.c = day.priceAt(day.second);
      day.h = Math.max(day.h, day.c);
      day.l = Math.min(day.l, day.c);
    }
    return quoteOf(day);
  };
}

interface TradingDay {
  readonly start: number;
  readonly decimals: number;
  readonly o: number;
  readonly pc: number;
  readonly priceAt: (second: number) => number;
  second: number;
  c: number;
  h: number;
  l: number;
}

function openDay(seed: number, listing: Listing, start: number): TradingDay {
  const decimals = listing.price >= 10 ? 2 : 4;
  const walk = createWalk(seed ^ seedOf(listing.symbol));
  const swing = listing.type === 'Crypto' ? 0.022 : 0.011;
  const priceAt = (second: number) => rounded(listing.price * Math.exp(swing * walk(second)), decimals);
  const pc = priceAt(start - 1);
  const o = priceAt(start);
  return { start, decimals, o, pc, priceAt, second: start, c: o, h: o, l: o };
}

function quoteOf({ c, h, l, o, pc, decimals, second }: TradingDay): Quote {
  return { c, d: rounded(c - pc, decimals), dp: rounded((100 * (c - pc)) / pc, 4), h, l, o, pc, t: second };
}

// A sum of smooth waves; the corners of each are remembered, because a day is walked through second by second.
function createWalk(seed: number): (second: number) => number {
  const corners = Array.from({ length: octaves }, () => ({ cell: Number.NaN, from: 0, to: 0 }));
  return (second) => {
    let height = 0;
    for (const [octave, corner] of corners.entries()) {
      const period = 2 ** octave;
      const cell = Math.floor(second / period);
      if (corner.cell !== cell) {
        const at = (place: number) => 2 * chance(seed, octave, place) - 1;
        Object.assign(corner, { cell, from: at(cell), to: at(cell + 1) });
      }
      const along = second / period - cell;
      height += 2 ** ((octave - dailyOctave) / 2) * (corner.from + (corner.to - corner.from) * along);
    }
    return height;
  };
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
