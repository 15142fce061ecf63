import { decimalsOf } from '../../money/money.ts';
import type { AmountLimits } from '../payments/payment-gateway.ts';

// docs.stripe.com/currencies, in Stripe's own words: whole units, thousandths, and hundredths for all others. HUF and TWD
// are special for payouts only.
const whole = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));
const thousandths = new Set('BHD JOD KWD OMR TND'.split(' '));
/** Hundredths to Stripe, but never a part of a unit. */
const wholeHundredths = new Set(['ISK', 'UGX']);

// The largest charges, in Stripe's unit. The page says of most cards that they take more; what every method takes is no more than
// this, and which method a buyer will name is not known when an amount is.
const largest = 99_999_999;
const largestOf: ReadonlyMap<string, number> = new Map([
  ['IDR', 999_999_999_999],
  ['COP', 9_999_999_999],
  ['INR', 999_999_999],
]);

// The smallest charges, in major units: all that docs.stripe.com/currencies lists under "Minimum and maximum charge amounts", and
// what it has listed of BGN. For currencies that are not listed the gateway itself decides.
const smallest: ReadonlyMap<string, number> = new Map([
  ...named('USD ARS AUD BRL CAD CHF COP EUR IDR ILS INR NZD PHP RUB SGD ZAR', 0.5),
  ...named('AED MYR PLN RON', 2),
  ...named('SEK NOK', 3),
  ...named('MXN THB', 10),
  ['GBP', 0.3],
  ['BGN', 1],
  ['DKK', 2.5],
  ['HKD', 4],
  ['CZK', 15],
  ...named('JPY KRW', 50),
  ['HUF', 175],
]);

/** Minor units of ISO 4217 in Stripe's unit of the currency. What is no whole number of those is for Stripe to refuse. */
export function stripeAmount(minor: number, currency: string): number {
  return scaled(minor, decimalsOf(currency), stripeDecimals(currency));
}

/** What an object of Stripe's says of money, in minor units of ISO 4217. A part of one stays a part, and equals no amount of ours. */
export function toldAmount({ amount, currency }: Readonly<{ amount: number; currency: string }>) {
  const code = currency.toUpperCase();
  return { amountMinor: minorOfStripe(amount, code), currency: code };
}

/** What Stripe takes of a currency, in minor units of ISO 4217. */
export function stripeLimits(currency: string): AmountLimits {
  const step = thousandths.has(currency) ? 10 : wholeHundredths.has(currency) ? 100 : 1;
  const most = largestOf.get(currency) ?? largest;
  // Of a finer standard the step is more than one, of a coarser one a part of it: then one is as little as can be said.
  const stepMinor = Math.max(1, minorOfStripe(step, currency));
  return {
    stepMinor,
    leastMinor: Math.max(stepMinor, Math.round((smallest.get(currency) ?? 0) * 10 ** decimalsOf(currency))),
    mostMinor: Math.floor(minorOfStripe(most - (most % step), currency)),
  };
}

function named(codes: string, least: number): [string, number][] {
  return codes.split(' ').map((code) => [code, least]);
}

function minorOfStripe(amount: number, currency: string): number {
  return scaled(amount, stripeDecimals(currency), decimalsOf(currency));
}

function stripeDecimals(currency: string): number {
  if (whole.has(currency)) return 0;
  return thousandths.has(currency) ? 3 : 2;
}

function scaled(amount: number, from: number, to: number): number {
  return to >= from ? amount * 10 ** (to - from) : amount / 10 ** (from - to);
}
