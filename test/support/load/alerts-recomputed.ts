import { seeded } from '../seeded.ts';

/** A price in cents, and when it was observed, ms. */
export type CentPrice = Readonly<{ cents: number; asOfMs: number }>;

/** What is waited for, of `percent` in whole percent and else in cents; once or at each crossing; and the cap of an order, in cents. */
export type Waiting = Readonly<{
  symbol: string;
  kind: 'above' | 'below' | 'percent';
  level: number;
  once: boolean;
  capCents: number | undefined;
}>;

/** Prices of a symbol that go to and fro: many ties, some jumps, and now and then one that comes too late. */
export function wanderingPrices(symbol: string, count: number, startMs: number): CentPrice[] {
  const random = seeded(Number(symbol.replaceAll(/\D/g, '')));
  let cents = 10_000;
  return Array.from({ length: count }, (_, index) => {
    const jump = random() < 0.03 ? 800 : 60;
    cents = Math.min(15_000, Math.max(5_000, cents + Math.round((random() - 0.5) * 2 * jump)));
    return { cents, asOfMs: startMs + index * 10 - (random() < 0.02 ? 5_000 : 0) };
  });
}

/** Alerts of all kinds, spread over the symbols; every fifth carries an order, of which the caps differ. */
export function wishes(symbols: readonly string[], count: number): Waiting[] {
  const random = seeded(count);
  return Array.from({ length: count }, (_, index) => {
    const kind = (['above', 'below', 'percent'] as const)[index % 3] ?? 'above';
    const level = kind === 'percent' ? 1 + Math.floor(random() * 15) : 5_000 + Math.floor(random() * 10_000);
    const capCents = index % 5 === 0 ? [3_000, 10_000, 50_000][(index / 5) % 3] : undefined;
    return { symbol: symbols[index % symbols.length] ?? '', kind, level, once: index % 4 === 0, capCents };
  });
}

/**
 * Which prices, in cents, must have fired it: said again, in whole numbers, by looking at all prices of the symbol one after
 * the other. A price is passed over when one before it was observed later.
 */
export function firedBy({ kind, level, once }: Waiting, prices: readonly CentPrice[]): number[] {
  const inTime: number[] = [];
  let newestMs = 0;
  for (const { cents, asOfMs } of prices) {
    if (asOfMs >= newestMs) inTime.push(cents);
    newestMs = Math.max(newestMs, asOfMs);
  }
  const fired = kind === 'percent' ? moves(inTime, level) : crossings(inTime, kind, level);
  return once ? fired.slice(0, 1) : fired;
}

function crossings(prices: readonly number[], kind: 'above' | 'below', level: number): number[] {
  const isBeyond = (cents: number) => (kind === 'above' ? cents > level : cents < level);
  return prices.filter((cents, index) => {
    const before = prices[index - 1];
    return isBeyond(cents) && (before === undefined || !isBeyond(before));
  });
}

function moves(prices: readonly number[], percent: number): number[] {
  const fired: number[] = [];
  let [reference] = prices;
  for (const cents of prices)
    if (reference !== undefined && Math.abs(cents - reference) * 100 >= percent * reference) {
      fired.push(cents);
      reference = cents;
    }
  return fired;
}
