/** A day on which the exchanges are closed, or trade for some of it: `from-to` on their clocks, empty when closed. */
export type Holiday = Readonly<{ day: string; tradingHour: string }>;

const timeZone = 'America/New_York';
const usual = '09:30-16:00';
// Formats are slow to make, and cost nothing to keep.
const clock = new Intl.DateTimeFormat('en-CA', {
  timeZone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/**
 * Whether the US exchanges trade at a moment, by the days of the week, their usual hours and the holidays that are known:
 * what stands in for the provider's word while there is none.
 */
export function isTradingTime(at: Date, holidays: readonly Holiday[]): boolean {
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const [day, minute] = [`${parts['year']}-${parts['month']}-${parts['day']}`, `${parts['hour']}:${parts['minute']}`];
  if (new Date(day).getUTCDay() % 6 === 0) return false;
  const hours = holidays.find((holiday) => holiday.day === day)?.tradingHour ?? usual;
  const [opens = '', closes = ''] = hours.split('-');
  return opens !== '' && minute >= opens && minute < closes;
}
