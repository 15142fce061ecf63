import type { Redis } from '../redis/client.ts';
import { z } from 'zod';
import { latestBelieved } from './copy.ts';

/** A day on which the exchanges are closed, or trade for some of it: `from-to` on their clocks, empty when closed. */
export type Holiday = Readonly<{ day: string; tradingHour: string }>;

const timeZone = 'America/New_York';
const usual = '09:30-16:00';
const shown = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;

/**
 * Opens the calendar: whether the US exchanges trade at a moment, by the days of the week, their usual hours and the
 * holidays that are known. It stands in for the provider's word while there is none.
 */
export function openCalendar(): (at: Date, holidays: readonly Holiday[]) => boolean {
  // A format takes milliseconds to make, which a process that is never asked need not spend when it starts.
  let clock: Intl.DateTimeFormat | undefined;
  return (at, holidays) => {
    clock ??= new Intl.DateTimeFormat('en-CA', { timeZone, ...shown, hourCycle: 'h23' });
    const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
    const [day, minute] = [`${parts['year']}-${parts['month']}-${parts['day']}`, `${parts['hour']}:${parts['minute']}`];
    if (new Date(day).getUTCDay() % 6 === 0) return false;
    const hours = holidays.find((holiday) => holiday.day === day)?.tradingHour ?? usual;
    const [opens = '', closes = ''] = hours.split('-');
    return opens !== '' && minute >= opens && minute < closes;
  };
}

/** Whether the exchanges of shares trade: the provider's word while it is recent, else the calendar's. */
export type Hours = Readonly<{
  isOpen(at: Date): Promise<boolean>;
  /** The same, and undefined while Redis is away: then there is only a guess. */
  known(at: Date): Promise<boolean | undefined>;
  /** Remembers for some minutes what the provider has said. */
  learn(isOpen: boolean): Promise<void>;
  /** Remembers for some weeks when it will be closed. */
  learnHolidays(holidays: readonly Holiday[], at: Date): Promise<void>;
  /** Whether the holidays have been learnt within the last day. */
  knowsHolidays(at: Date): Promise<boolean>;
}>;

/** How often the provider is asked whether the market is open. */
export const askEveryMs = 120_000;
/** How long a watched share of a closed market is left alone. */
export const closedEveryMs = 900_000;

const statusKey = 'market:status';
const holidaysKey = 'market:holidays';
// One answer may be missed; two, and the calendar is trusted more.
const statusMs = askEveryMs * 2.5;
const holidaysSeconds = 30 * 24 * 3_600;
const dayMs = 86_400_000;
const Holidays = z.strictObject({
  learntAtMs: z.int().nonnegative(),
  days: z.array(z.strictObject({ day: z.iso.date(), tradingHour: z.string() })),
});
// What is no JSON of this shape counts as absent, and is written again.
const Stored = z
  .string()
  .transform((text, ctx): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      ctx.addIssue('must be JSON');
      return z.NEVER;
    }
  })
  .pipe(Holidays);

/** Opens what is known of the exchanges' hours, shared by all processes. While Redis is away, the days of the week decide. */
export function openHours(redis: Redis): Hours {
  const isTradingTime = openCalendar();
  const holidays = async () => {
    const known = Stored.safeParse(await redis.get(holidaysKey));
    return known.success ? known.data : undefined;
  };
  const known = async (at: Date) => {
    try {
      const said = await redis.get(statusKey);
      if (said === 'open' || said === 'closed') return said === 'open';
      return isTradingTime(at, (await holidays())?.days ?? []);
    } catch {
      return undefined;
    }
  };
  return {
    known,
    isOpen: async (at) => (await known(at)) ?? isTradingTime(at, []),
    learn: async (isOpen) => void (await redis.set(statusKey, isOpen ? 'open' : 'closed', 'PX', statusMs)),
    async learnHolidays(days, at) {
      await redis.set(holidaysKey, JSON.stringify({ learntAtMs: at.getTime(), days }), 'EX', holidaysSeconds);
    },
    async knowsHolidays(at) {
      const learnt = await holidays();
      if (!learnt || learnt.learntAtMs > latestBelieved(at)) return false;
      return at.getTime() - learnt.learntAtMs < dayMs;
    },
  };
}
