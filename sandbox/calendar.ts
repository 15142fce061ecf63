/** A day as `YYYY-MM-DD`; days have no time zone here. */
export type Day = string;

/** The day of a moment in a time zone. */
export function dayIn(timeZone: string, nowMs: number): Day {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(nowMs);
}

/** Minutes since midnight of a moment in a time zone. */
export function minuteIn(timeZone: string, nowMs: number): number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' });
  const [hours = 0, minutes = 0] = format.format(nowMs).split(':').map(Number);
  return hours * 60 + minutes;
}

/** The moment, in UNIX milliseconds, when so many minutes of a day have passed on a time zone's clocks. */
export function momentIn(timeZone: string, day: Day, minute: number): number {
  const asUtc = Date.parse(day) + minute * 60_000;
  const zoned = Date.parse(dayIn(timeZone, asUtc)) + minuteIn(timeZone, asUtc) * 60_000;
  return asUtc + (asUtc - zoned);
}

/** The day so many days later, or earlier when negative. */
export function shifted(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The day of the week, Sunday being 0. */
export function weekday(day: Day): number {
  return new Date(day).getUTCDay();
}

/** A fixed date of a year. */
export function dated(year: number, month: number, day: number): Day {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

/** The nth such weekday of a month; the last one for n = -1. */
export function nthWeekday(year: number, month: number, wanted: number, n: number): Day {
  if (n < 0) return shifted(nthWeekday(year, month + 1, wanted, 1), -7);
  const first = dated(year, month, 1);
  return shifted(first, ((wanted - weekday(first) + 7) % 7) + 7 * (n - 1));
}

/** Easter Sunday of a year, by the anonymous Gregorian computus. */
export function easter(year: number): Day {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const leap = Math.floor(century / 4);
  const moon = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - leap - moon + 15) % 30;
  const rest = (32 + 2 * (century % 4) + 2 * Math.floor((year % 100) / 4) - epact - ((year % 100) % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * rest) / 451);
  const sum = epact + rest - 7 * late + 114;
  return dated(year, Math.floor(sum / 31), (sum % 31) + 1);
}
