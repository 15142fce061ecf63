import { expect, test } from 'vitest';
import { Currency } from '../../src/money/currency.ts';
import { decimalsOf, isCurrency } from '../../src/money/money.ts';
import { currencies, isoDecimals, listOne, unitless } from '../support/recorded-currencies.ts';

test('every currency of the standard has the standard’s decimals, by both of its recordings', () => {
  expect(currencies.length).toBeGreaterThan(160);
  for (const code of currencies) {
    expect(`${code} ${decimalsOf(code)}`).toBe(`${code} ${listOne[code]}`);
    expect(`${code} ${decimalsOf(code)}`).toBe(`${code} ${isoDecimals(code)}`);
  }
});

test('what the platform’s display data say counts for nothing', () => {
  expect(['HUF', 'IDR', 'COP', 'PKR', 'IQD', 'MGA'].map(decimalsOf)).toEqual([2, 2, 2, 2, 3, 2]);
});

test('what has no unit, and what is no currency of the standard, is none', () => {
  for (const code of [...unitless, 'BTC', 'ETH', 'ZZZ', 'AAA', 'usd', 'US', 'USDT', ''])
    expect(`${code} ${isCurrency(code)}`).toBe(`${code} false`);
  expect(unitless).toEqual(expect.arrayContaining(['XAU', 'XXX', 'XTS', 'XDR']));
  for (const code of [...unitless, 'BTC', 'ÅÄÖ', 'EURO']) expect(Currency.safeParse(code).success).toBe(false);
  expect(Currency.parse('huf')).toBe('HUF');
});
