import { readFileSync } from 'node:fs';
import { z } from 'zod';

const read = <T>(name: string, schema: z.ZodType<T>): T =>
  schema.parse(JSON.parse(readFileSync(new URL(`../recorded/currencies/${name}`, import.meta.url), 'utf8')));

/** ISO 4217's list one: every code with its decimals, null where it has no unit. */
export const listOne = read('iso4217-list-one.json', z.record(z.string(), z.int().nullable()));

/** The currencies of it that amounts can be in. */
export const currencies = Object.entries(listOne).flatMap(([code, decimals]) => (decimals === null ? [] : [code]));

/** The codes of it that are no money. */
export const unitless = Object.keys(listOne).filter((code) => listOne[code] === null);

const Exponents = z.object({
  0: z.array(z.string()),
  3: z.array(z.string()),
  4: z.array(z.string()),
  otherwise: z.literal(2),
});
const exponents = read('iso4217-exponents.json', Exponents);

/** The decimals of a currency by the standard. */
export function isoDecimals(code: string): number {
  if (exponents[0].includes(code)) return 0;
  if (exponents[3].includes(code)) return 3;
  return exponents[4].includes(code) ? 4 : exponents.otherwise;
}

const Amounts = z.object({
  zero_decimal: z.array(z.string()),
  hundredths_but_whole: z.array(z.string()),
  thousandths_last_digit_0: z.array(z.string()),
  largest: z.int(),
  largest_of: z.record(z.string(), z.int()),
  smallest_major: z.record(z.string(), z.number()),
});

/** What Stripe's documentation says of the amounts that it takes. */
export const stripe = read('stripe-amounts.json', Amounts);

/** The largest amount that it takes of a currency, in its own unit. */
export function stripeLargest(code: string): number {
  return stripe.largest_of[code] ?? stripe.largest;
}

/** The decimals of what Stripe calls an amount. */
export function stripeDecimals(code: string): number {
  if (stripe.zero_decimal.includes(code)) return 0;
  return stripe.thousandths_last_digit_0.includes(code) ? 3 : 2;
}

/** An amount of so many decimals as a text of major units without trailing zeros: the same money is the same text. */
export function written(amount: number, decimals: number): string {
  const digits = String(amount).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/\.?0*$/, '');
}
