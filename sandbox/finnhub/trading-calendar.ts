import { type Day, dated, dayIn, easter, minuteIn, nthWeekday, shifted, weekday } from '../calendar.ts';

/** The exchanges' time zone. */
export const newYork = 'America/New_York';

/** When they open, in minutes after midnight there. */
export const openingMinute = 9 * 60 + 30;

interface Holiday {
  readonly eventName: string;
  readonly atDate: Day;
  /** Empty when closed all day. */
  readonly tradingHour: string;
}

/** Whether the US exchanges trade now, in the provider's shape. */
export function marketStatus(nowMs: number): object {
  const day = dayIn(newYork, nowMs);
  const minute = minuteIn(newYork, nowMs);
  const holiday = holidayOn(day);
  const closes = closingMinute(day);
  const session = closes === undefined ? null : sessionAt(minute, closes);
  return {
    exchange: 'US',
    holiday: holiday?.eventName ?? null,
    isOpen: session === 'regular',
    session,
    t: Math.floor(nowMs / 1000),
    timezone: newYork,
  };
}

/** The holidays and half days of this year and the two beside it, latest first, in the provider's shape. */
export function marketHolidays(nowMs: number): object {
  const year = Number(dayIn(newYork, nowMs).slice(0, 4));
  const data = [year - 1, year, year + 1].flatMap(holidays);
  return { data: data.sort((a, b) => b.atDate.localeCompare(a.atDate)), exchange: 'US', timezone: newYork };
}

/** When the exchanges close on a day, in minutes after midnight there; undefined when they do not open at all. */
export function closingMinute(day: Day): number | undefined {
  const holiday = holidayOn(day);
  if (weekday(day) % 6 === 0 || holiday?.tradingHour === '') return undefined;
  return holiday ? 13 * 60 : 16 * 60;
}

function holidayOn(day: Day): Holiday | undefined {
  return holidays(Number(day.slice(0, 4))).find(({ atDate }) => atDate === day);
}

function sessionAt(minute: number, closes: number): string | null {
  if (minute < 4 * 60 || minute >= 20 * 60) return null;
  if (minute < openingMinute) return 'pre-market';
  return minute < closes ? 'regular' : 'post-market';
}

function holidays(year: number): Holiday[] {
  const closed = (eventName: string, atDate: Day): Holiday => ({ eventName, atDate, tradingHour: '' });
  const half = (eventName: string, atDate: Day): Holiday => ({ eventName, atDate, tradingHour: '09:30-13:00' });
  const thanksgiving = nthWeekday(year, 11, 4, 4);
  // From Monday to Thursday it is a half day; on a Friday it is closed itself, for the holiday on the Saturday.
  const isEve = (day: Day) => [1, 2, 3, 4].includes(weekday(day));
  const [independenceEve, christmasEve] = [dated(year, 7, 3), dated(year, 12, 24)];
  const newYear = dated(year, 1, 1);
  return [
    // A New Year's Day on a Saturday is not made up for: the Friday before ends the old year's books.
    ...(weekday(newYear) === 6 ? [] : [closed("New Year's Day", observed(newYear))]),
    closed('Birthday of Martin Luther King, Jr', nthWeekday(year, 1, 1, 3)),
    closed("Washington's Birthday", nthWeekday(year, 2, 1, 3)),
    closed('Good Friday', shifted(easter(year), -2)),
    closed('Memorial Day', nthWeekday(year, 5, 1, -1)),
    closed('Juneteenth', observed(dated(year, 6, 19))),
    ...(isEve(independenceEve) ? [half('Independence Day', independenceEve)] : []),
    closed('Independence Day', observed(dated(year, 7, 4))),
    closed('Labor Day', nthWeekday(year, 9, 1, 1)),
    closed('Thanksgiving Day', thanksgiving),
    half('Thanksgiving Day', shifted(thanksgiving, 1)),
    ...(isEve(christmasEve) ? [half('Christmas Day', christmasEve)] : []),
    closed('Christmas Day', observed(dated(year, 12, 25))),
  ];
}

function observed(day: Day): Day {
  return shifted(day, { 0: 1, 6: -1 }[weekday(day)] ?? 0);
}
