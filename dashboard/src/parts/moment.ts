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
  return { from: momentOf(from, '00:00'), to: momentOf(to, '23:59:59.999') };
}

function momentOf(named: string, hour: string): string {
  const at = new Date(`${named}T${hour}`);
  return Number.isNaN(at.getTime()) ? named : at.toISOString();
}
