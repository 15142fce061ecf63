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
