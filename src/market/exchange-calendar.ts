/** A day on which the exchanges are closed, or trade for some of it: `from-to` on their clocks, empty when closed. */
export type Holiday = Readonly<{ day: string; tradingHour: string }>;

const timeZone = 'America/New_York';
const usual = '09:30-16:00';
const shown = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
// Formats are slow to make, and cost nothing to keep: made when the first is needed, not in every process's start.
let clock: Intl.DateTimeFormat | undefined;

/**
 * Whether the US exchanges trade at a moment, by the days of the week, their usual hours and the holidays that are known:
 * what stands in for the provider's word while there is none.
 */
export function isTradingTime(at: Date, holidays: readonly Holiday[]): boolean {
  clock ??= new Intl.DateTimeFormat('en-CA', { timeZone, ...shown, hourCycle: 'h23' });
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const [day, minute] = [`${parts['year']}-${parts['month']}-${parts['day']}`, `${parts['hour']}:${parts['minute']}`];
  if (new Date(day).getUTCDay() % 6 === 0) return false;
  const hours = holidays.find((holiday) => holiday.day === day)?.tradingHour ?? usual;
  const [opens = '', closes = ''] = hours.split('-');
  return opens !== '' && minute >= opens && minute < closes;
}
