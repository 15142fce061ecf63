import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertMinor } from '../../src/market/forex.ts';

const amount = fc.integer({ min: 0, max: 1_000_000_000_000 });
// Rates as they are stored: eight significant digits, of any size.
const rate = fc
  .tuple(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, places]) => ({ digits: BigInt(digits), places, text: decimal(digits, places) }));
const decimals = fc.record({ from: fc.constantFrom(0, 2, 3, 4), to: fc.constantFrom(0, 2, 3, 4) });

function decimal(digits: number, places: number): string {
  const text = String(digits).padStart(places + 1, '0');
  return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
}

describe('an amount in another currency', () => {
  it.each([
    [10_000, '0.85587128', { from: 2, to: 2 }, 8_559],
    [10_000, '159.83396', { from: 2, to: 0 }, 15_983],
    [500, '0.0062565', { from: 0, to: 2 }, 313],
    [1_000, '3.25', { from: 3, to: 2 }, 325],
    // Halves go to the even neighbour, whichever side that is.
    [1, '0.5', { from: 2, to: 2 }, 0],
    [3, '0.5', { from: 2, to: 2 }, 2],
    [5, '0.5', { from: 2, to: 2 }, 2],
    [7, '0.5', { from: 2, to: 2 }, 4],
    // Ninety million at a rate that no double holds: the last cent is right.
    [9_007_199_254_740, '1.0000001', { from: 2, to: 2 }, 9_007_200_155_460],
  ])('%i at %s with decimals %o are %i', (minor, text, of, expected) => {
    expect(convertMinor(minor, text, of)).toBe(expected);
  });

  it('is within half a unit of the exact product, and even when it lies between two', () => {
    fc.assert(
      fc.property(amount, rate, decimals, (minor, { digits, places, text }, of) => {
        const converted = BigInt(convertMinor(minor, text, of));
        fc.pre(converted < BigInt(Number.MAX_SAFE_INTEGER));
        const divisor = 10n ** BigInt(places + of.from);
        const exact = BigInt(minor) * digits * 10n ** BigInt(of.to);
        const off = 2n * (converted * divisor - exact);
        expect(off <= divisor && off >= -divisor).toBe(true);
        if (off === divisor || off === -divisor) expect(converted % 2n).toBe(0n);
      }),
    );
  });

  it('never is less for more', () => {
    fc.assert(
      fc.property(amount, amount, rate, decimals, (one, other, { text }, of) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        expect(convertMinor(less, text, of)).toBeLessThanOrEqual(convertMinor(more, text, of));
      }),
    );
  });

  it('at one to one is itself', () => {
    fc.assert(
      fc.property(amount, (minor) => {
        expect(convertMinor(minor, '1', { from: 2, to: 2 })).toBe(minor);
      }),
    );
  });
});
