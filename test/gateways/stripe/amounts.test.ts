import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripeAmount, stripeLimits, toldAmount } from '../../../src/gateways/stripe/amounts.ts';
import {
  currencies,
  isoDecimals,
  stripe,
  stripeDecimals,
  stripeLargest,
  written,
} from '../../support/recorded-currencies.ts';

const currency = fc.constantFrom(...currencies);

test('an amount within the limits is the same money at Stripe, and back', () => {
  fc.assert(
    fc.property(currency, fc.maxSafeNat(), (code, any) => {
      const { stepMinor, leastMinor, mostMinor } = stripeLimits(code);
      const steps = Math.floor((mostMinor - leastMinor) / stepMinor);
      const minor = Math.ceil(leastMinor / stepMinor) * stepMinor + (any % (steps + 1)) * stepMinor;
      fc.pre(minor <= mostMinor);
      const amount = stripeAmount(minor, code);
      expect(Number.isInteger(amount) && amount > 0 && amount <= stripeLargest(code)).toBe(true);
      expect(written(amount, stripeDecimals(code))).toBe(written(minor, isoDecimals(code)));
      if (stripe.thousandths_last_digit_0.includes(code)) expect(amount % 10).toBe(0);
      if (stripe.hundredths_but_whole.includes(code)) expect(amount % 100).toBe(0);
      expect(toldAmount({ amount, currency: code.toLowerCase() })).toEqual({ amountMinor: minor, currency: code });
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ['USD', 1_000, 1_000],
  ['HUF', 1_892_549, 1_892_549],
  ['JPY', 1_500, 1_500],
  ['MGA', 500_000, 5_000],
  ['ISK', 4_200, 420_000],
  ['UGX', 4_200, 420_000],
  ['KWD', 1_230, 1_230],
  ['IQD', 1_230, 123],
])('%s: %i minor units are %i to Stripe', (code, minor, amount) => {
  expect(stripeAmount(minor, code)).toBe(amount);
});

test('the smallest and largest charges are those of the documentation', () => {
  const major = (code: string) => {
    const { leastMinor, mostMinor } = stripeLimits(code);
    return [written(leastMinor, isoDecimals(code)), written(mostMinor, isoDecimals(code))];
  };
  expect(major('USD')).toEqual(['0.5', '999999.99']);
  expect(major('HUF')).toEqual(['175', '999999.99']);
  expect(major('JPY')).toEqual(['50', '99999999']);
  expect(major('ISK')).toEqual(['1', '999999']);
  expect(major('KWD')).toEqual(['0.01', '99999.99']);
  expect(major('MGA')).toEqual(['1', '99999999']);
  const largest = (code: string) => major(code)[1];
  expect(['IDR', 'COP', 'INR'].map(largest)).toEqual(['9999999999.99', '99999999.99', '9999999.99']);
});

test.each(currencies)('%s: what is less than the smallest charge of the documentation is too little', (code) => {
  const { stepMinor, leastMinor } = stripeLimits(code);
  const least = stripe.smallest_major[code];
  if (least === undefined) expect(leastMinor).toBe(stepMinor);
  else expect(written(leastMinor, isoDecimals(code))).toBe(String(least));
});

test.each(currencies)('%s: the largest charge is the last that the documentation allows', (code) => {
  const { stepMinor, mostMinor } = stripeLimits(code);
  expect(stripeAmount(mostMinor, code)).toBeLessThanOrEqual(stripeLargest(code));
  expect(stripeAmount(mostMinor + stepMinor, code)).toBeGreaterThan(stripeLargest(code));
});
