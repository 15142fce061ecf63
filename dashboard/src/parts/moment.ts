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
