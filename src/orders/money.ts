import { decimalsOf } from '../currencies.ts';

/** The largest amount, in minor units: up to it a JSON number of major units shows every one exactly. */
export const mostMinor = 1_000_000_000_000_000;

/** The largest price, in minor units: the largest order there can be, 100,000 pieces of it, still counts exactly. */
export const mostPriceMinor = 10_000_000_000;

/** Minor units as the JSON number of major units that people read: 24550 USD cents become 245.5. */
export function toMajor(minor: number, currency: string): number {
  const decimals = decimalsOf(currency);
  const digits = String(minor).padStart(decimals + 1, '0');
  return Number(decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`);
}

/**
 * A JSON number of major units as integer minor units, or undefined when it has more decimals than the currency or is
 * too large to be exact. Works on the number's decimal text: no arithmetic on fractions.
 */
export function toMinor(major: number, currency: string): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(String(major));
  const decimals = decimalsOf(currency);
  if (!match || (match[2] ?? '').length > decimals) return undefined;
  const minor = Number(`${match[1]}${(match[2] ?? '').padEnd(decimals, '0')}`);
  return minor <= mostMinor ? minor : undefined;
}
