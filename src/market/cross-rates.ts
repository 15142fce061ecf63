/** A positive JSON number as decimal text without an exponent, in the digits that it was written with. */
export function decimalText(value: number): string {
  const text = String(value);
  const [, digits = '', fraction = '', exponent] = /^(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const all = digits + fraction;
  const point = digits.length + Number(exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${all}`;
  return point >= all.length ? all.padEnd(point, '0') : `${all.slice(0, point)}.${all.slice(point)}`;
}

const hourMs = 3_600_000;

/**
 * When the European Central Bank publishes the rates of a day such as `2026-11-26`: about four in the afternoon, central
 * European time, which is an hour earlier by UTC in summer.
 */
export function publishedAt(day: string): Date {
  const fourInWinter = new Date(`${day}T15:00:00.000Z`);
  const year = fourInWinter.getUTCFullYear();
  // The Union's clocks change at one o'clock UTC, long before that hour.
  const isSummer = fourInWinter >= lastSunday(year, 3) && fourInWinter < lastSunday(year, 10);
  return isSummer ? new Date(fourInWinter.getTime() - hourMs) : fourInWinter;
}

/** The beginning of the last Sunday of a month, 1 to 12. */
function lastSunday(year: number, month: number): Date {
  const lastDay = new Date(Date.UTC(year, month, 0));
  return new Date(lastDay.getTime() - lastDay.getUTCDay() * 24 * hourMs);
}

/** Units of each currency for one of a base, as decimal text. */
export type Rates = Readonly<Record<string, string>>;

/** The significant digits of a cross rate: two more than the most that the central bank publishes. */
const digits = 8;

/**
 * The rates against another base, from rates against one: `target / base`, in whole numbers throughout, rounded half to
 * even at eight significant digits. Undefined when the base is not among the rates.
 */
export function crossRates(rates: Rates, base: string): Rates | undefined {
  const unit = rates[base];
  if (unit === undefined) return undefined;
  const crossed = Object.entries(rates).map(([currency, rate]): [string, string] => [
    currency,
    currency === base ? '1' : divide(rate, unit),
  ]);
  return Object.fromEntries(crossed);
}

/** The quotient of two positive decimals, to eight significant digits. */
function divide(dividend: string, divisor: string): string {
  const [above, aboveScale] = wholeOf(dividend);
  const [below, belowScale] = wholeOf(divisor);
  // Enough digits for eight significant ones however small the quotient; the exponent is corrected for afterwards.
  const extra = digits + below.toString().length;
  const numerator = above * 10n ** BigInt(extra);
  const quotient = numerator / below;
  const surplus = quotient.toString().length - digits;
  const step = 10n ** BigInt(surplus);
  const rounded = roundHalfEven(numerator, below * step);
  return decimal(rounded, extra + aboveScale - belowScale - surplus);
}

/** The quotient of two whole numbers, the divisor positive, rounded half to even. */
export function roundHalfEven(dividend: bigint, divisor: bigint): bigint {
  const floor = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  const isUp = twice > divisor || (twice === divisor && floor % 2n === 1n);
  return isUp ? floor + 1n : floor;
}

/** A decimal as a whole number and its places after the point. */
export function wholeOf(text: string): [bigint, number] {
  const [whole = '', fraction = ''] = text.split('.');
  return [BigInt(whole + fraction), fraction.length];
}

/** `value / 10 ** scale` without trailing zeros. */
function decimal(value: bigint, scale: number): string {
  if (scale <= 0) return (value * 10n ** BigInt(-scale)).toString();
  const text = value.toString().padStart(scale + 1, '0');
  return `${text.slice(0, -scale)}.${text.slice(-scale)}`.replace(/\.?0+$/, '');
}
