import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type Holiday, isTradingTime } from './exchange-calendar.ts';

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
const Holidays = z.object({
  learntAtMs: z.number(),
  days: z.array(z.object({ day: z.string(), tradingHour: z.string() })),
});

/** Opens what is known of the exchanges' hours, shared by all processes. While Redis is away, the days of the week decide. */
export function openHours(redis: Redis): Hours {
  const holidays = async () => {
    const text = await redis.get(holidaysKey);
    return text === null ? undefined : Holidays.parse(JSON.parse(text));
  };
  const known = async (at: Date) => {
    try {
      const said = await redis.get(statusKey);
      return said === null ? isTradingTime(at, (await holidays())?.days ?? []) : said === 'open';
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
      return learnt !== undefined && at.getTime() - learnt.learntAtMs < dayMs;
    },
  };
}
