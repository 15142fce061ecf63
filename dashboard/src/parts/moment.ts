const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** A day and a time of it, on the reader's clock; where it is broken, it is between them. */
export function formatMoment(at: string): string {
  return `${formatDay(at).replaceAll(' ', '\u00a0')}, ${time.format(new Date(at))}`;
}

/** A day; what names no hour is the same day everywhere. */
export function formatDay(at: string): string {
  return day.format(new Date(at.length === 10 ? `${at}T12:00` : at));
}

type Days = Readonly<{ from: string; to: string }>;

/**
 * The span from the first moment of a day to the last of another, on the reader's clock, by which the page shows times: bare days
 * would be those of UTC. What is no day stays as it is, and the API says what it thinks of it.
 */
export function spanOfDays({ from, to }: Days): Days {
  return { from: momentOf(from, 0, 0), to: momentOf(to, 1, -1) };
}

/** So many ms after the beginning of a day, or of one so many days later: where clocks go back at midnight, there are two of 23:59. */
function momentOf(named: string, days: number, ms: number): string {
  const at = new Date(`${named}T00:00`);
  at.setDate(at.getDate() + days);
  return Number.isNaN(at.getTime()) ? named : new Date(at.getTime() + ms).toISOString();
}
