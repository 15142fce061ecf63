import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalsOf, toMajor, toMinor } from '../../src/money/money.ts';

// One currency of each kind: two decimals, none, three, and four.
const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF');
// A double holds fifteen digits of a fraction exactly as they are written; no order is larger.
const minor = fc.integer({ min: 0, max: 999_999_999_999_999 });

const decimal = fc.tuple(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), fc.nat(5));
const written = fc.oneof(
  fc.double(),
  decimal.map(([digits, decimals]) => digits / 10 ** decimals),
);

test('currencies have the decimals of ISO 4217', () => {
  expect(['USD', 'JPY', 'KWD', 'CLF'].map(decimalsOf)).toEqual([2, 0, 3, 4]);
});

describe('minor units as major ones', () => {
  test.each([
    [24_550, 'USD', 245.5],
    [0, 'USD', 0],
    [1, 'USD', 0.01],
    [99, 'USD', 0.99],
    [100, 'JPY', 100],
    [1, 'KWD', 0.001],
    [999_999_999_999_999, 'USD', 9_999_999_999_999.99],
  ])('%i of %s are %d', (amount, code, major) => {
    expect(toMajor(amount, code)).toBe(major);
    expect(toMinor(major, code)).toBe(amount);
  });

  test('survive the way to people and back, through JSON', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        expect(toMinor(Number(JSON.stringify(toMajor(amount, code))), code)).toBe(amount);
      }),
    );
  });

  test('never show more decimals than the currency has', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        const [, decimals = ''] = String(toMajor(amount, code)).split('.');
        expect(decimals.length).toBeLessThanOrEqual(decimalsOf(code));
      }),
    );
  });

  test('keep their order', () => {
    fc.assert(
      fc.property(minor, minor, currency, (one, other, code) => {
        expect(Math.sign(toMajor(one, code) - toMajor(other, code))).toBe(Math.sign(one - other));
      }),
    );
  });
});

describe('what people write', () => {
  test.each([
    [100.005, 'USD'],
    [0.1 + 0.2, 'USD'],
    [1.5, 'JPY'],
    [1.0001, 'KWD'],
    [-1, 'USD'],
    [Number.NaN, 'USD'],
    [Number.POSITIVE_INFINITY, 'USD'],
    [1e21, 'JPY'],
    [1e-7, 'USD'],
    [100_000_000_000_000, 'USD'],
  ])('%d %s is no amount', (major, code) => {
    expect(toMinor(major, code)).toBeUndefined();
  });

  test('is an exact whole number of minor units, or refused', () => {
    fc.assert(
      fc.property(written, currency, (major, code) => {
        const amount = toMinor(major, code);
        const [, decimals = ''] = String(major).split('.');
        const isPlain = !String(major).includes('e') && decimals.length <= decimalsOf(code);
        // Minus zero is zero, and nobody owes it.
        const isAmount = major >= 0 && major < 1e11 && isPlain;
        if (isAmount) expect(toMajor(amount ?? Number.NaN, code) === major).toBe(true);
        else if (!(major >= 1e11)) expect(amount).toBeUndefined();
      }),
    );
  });

  test('two amounts that differ are never the same minor units', () => {
    fc.assert(
      fc.property(minor, minor, currency, (one, other, code) => {
        fc.pre(one !== other);
        expect(toMajor(one, code)).not.toBe(toMajor(other, code));
      }),
    );
  });
});
