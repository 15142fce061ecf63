import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossRates, decimalText } from '../../src/market/cross-rates.ts';

const april = { EUR: '1', USD: '1.1684', GBP: '0.87058', JPY: '186.75', IDR: '20082.05' };
const decimals = fc
  .tuple(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 0, max: 6 }))
  .map(([whole, places]) => (whole / 10 ** places).toFixed(places));

describe('cross rates', () => {
  it('are the quotient at eight significant digits, the base itself one', () => {
    expect(crossRates(april, 'USD')).toEqual({
      EUR: '0.85587128',
      USD: '1',
      GBP: '0.74510442',
      JPY: '159.83396',
      IDR: '17187.65',
    });
    expect(crossRates(april, 'IDR')?.['USD']).toBe('0.000058181311');
    expect(crossRates(april, 'EUR')).toEqual(april);
  });

  it('are rounded half to even', () => {
    expect(crossRates({ EUR: '1', A: '100000005', B: '100000015', C: '2.0' }, 'C')).toMatchObject({
      A: '50000002',
      B: '50000008',
      EUR: '0.5',
    });
  });

  it('of a base that is not listed are none', () => {
    expect(crossRates(april, 'XXX')).toBeUndefined();
  });

  it('differ from the exact quotient by less than half of the eighth digit, and never are zero', () => {
    fc.assert(
      fc.property(
        decimals.filter((text) => Number(text) > 0),
        decimals.filter((text) => Number(text) > 0),
        (one, other) => {
          const rate = crossRates({ A: one, B: other }, 'A')?.['B'] ?? '';
          expect(rate).toMatch(/^\d+(\.\d*[1-9])?$/);
          expect(rate.replace('.', '').replace(/^0+/, '').length).toBeLessThanOrEqual(17);
          expect(Math.abs(Number(rate) / (Number(other) / Number(one)) - 1)).toBeLessThan(5.1e-8);
          expect(Number(rate)).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('decimal text', () => {
  it('has the digits of the number, and no exponent', () => {
    expect([0.1, 1, 20_082.05, 1e-7, 1.25e-9, 1.5e21, 123e20].map(decimalText)).toEqual([
      '0.1',
      '1',
      '20082.05',
      '0.0000001',
      '0.00000000125',
      '1500000000000000000000',
      '12300000000000000000000',
    ]);
  });

  it('is read back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-20, max: 1e22, noNaN: true }), (value) => {
        expect(Number(decimalText(value))).toBe(value);
        expect(decimalText(value)).not.toContain('e');
      }),
    );
  });
});
