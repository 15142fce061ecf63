import { type Day, dated, dayIn, easter, minuteIn, shifted, weekday } from '../calendar.ts';
import { chance } from '../chance.ts';

const zone = 'Europe/Berlin';
const publishedAt = 16 * 60; // About four in the afternoon, central European time.

// Units of a currency for one euro, around which the rates of a day wander.
const around: Readonly<Record<string, number>> = {
  USD: 1.1684,
  JPY: 186.75,
  CZK: 24.378,
  DKK: 7.4727,
  GBP: 0.87058,
  HUF: 366.9,
  PLN: 4.2543,
  RON: 5.092,
  SEK: 10.892,
  CHF: 0.9242,
  ISK: 143.2,
  NOK: 11.098,
  TRY: 52.2478,
  AUD: 1.661,
  BRL: 5.874,
  CAD: 1.6177,
  CNY: 7.9827,
  HKD: 9.1507,
  IDR: 20_082.05,
  ILS: 3.5787,
  INR: 109.047,
  KRW: 1740.86,
  MXN: 20.3203,
  MYR: 4.6444,
  NZD: 2.0081,
  PHP: 70.356,
  SGD: 1.4912,
  THB: 37.728,
  ZAR: 19.3849,
};

/** The last day with published rates: a business day of the euro system, the present one only after publication. */
export function lastRatesDay(nowMs: number): Day {
  const today = dayIn(zone, nowMs);
  let day = minuteIn(zone, nowMs) < publishedAt ? shifted(today, -1) : today;
  while (!isBusinessDay(day)) day = shifted(day, -1);
  return day;
}

/** The rates of a day, for one euro; with one seed a day's rates never change. */
export function euroRates(seed: number, day: Day): Readonly<Record<string, number>> {
  const number = Date.parse(day) / 86_400_000;
  return Object.fromEntries(
    Object.entries(around).map(([currency, rate], place) => {
      const moved = rate * (1 + 0.006 * (chance(seed, place, number) - 0.5));
      return [currency, Number(moved.toPrecision(5))];
    }),
  );
}

/** The same rates for one unit of another base, itself included; none for a base that is not published. */
export function ratesAgainst(
  base: string,
  { seed, nowMs }: Readonly<{ seed: number; nowMs: number }>,
): Readonly<Record<string, number>> {
  const rates: Readonly<Record<string, number>> = { EUR: 1, ...euroRates(seed, lastRatesDay(nowMs)) };
  const unit = rates[base];
  if (unit === undefined) return {};
  return Object.fromEntries(
    Object.entries(rates).map(([currency, rate]) => [currency, Number((rate / unit).toFixed(6))]),
  );
}

function isBusinessDay(day: Day): boolean {
  const year = Number(day.slice(0, 4));
  const sunday = easter(year);
  const closed = [shifted(sunday, -2), shifted(sunday, 1), dated(year, 1, 1), dated(year, 5, 1), dated(year, 12, 25)];
  return weekday(day) % 6 !== 0 && ![...closed, dated(year, 12, 26)].includes(day);
}
