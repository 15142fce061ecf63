import { type Day, dayIn, momentIn, shifted } from '../calendar.ts';
import type { Listing } from './listings.ts';
import { closingMinute, marketStatus, newYork, openingMinute } from './trading-calendar.ts';

/** A stretch of trading, in UNIX seconds: it opened, the one before it closed, and its last trade was at `last`. */
export interface Session {
  readonly opened: number;
  readonly closedBefore: number;
  readonly last: number;
}

/** When things are traded, and what the provider says about it. */
export interface Hours {
  session(type: Listing['type'], nowMs: number): Session;
  status(nowMs: number): object;
}

/** The hours a market may keep. */
export const hoursNames = ['always', 'exchange'] as const;

const DAY = 86_400;

/**
 * `exchange`: shares trade in New York's hours and stand still outside of them. `always`: around the clock, so that a
 * platform that is tried out on a Sunday has something to show. Coins trade around the clock anyway.
 */
export function openHours(name: (typeof hoursNames)[number]): Hours {
  if (name === 'always')
    return {
      session: (_type, nowMs) => aroundTheClock(nowMs),
      status: (nowMs) => ({ ...marketStatus(nowMs), holiday: null, isOpen: true, session: 'regular' }),
    };
  const inNewYork = onceASecond(newYorkSession);
  return { status: marketStatus, session: (type, nowMs) => (type === 'Crypto' ? aroundTheClock : inNewYork)(nowMs) };
}

function aroundTheClock(nowMs: number): Session {
  const last = Math.floor(nowMs / 1000);
  const opened = last - (last % DAY);
  return { opened, closedBefore: opened - 1, last };
}

function newYorkSession(nowMs: number): Session {
  const second = Math.floor(nowMs / 1000);
  const { day, opened, closed } = sessionAtOrBefore(dayIn(newYork, nowMs), second);
  return {
    opened,
    closedBefore: sessionAtOrBefore(shifted(day, -1), second).closed,
    last: Math.min(second, closed),
  };
}

/** The latest session that has opened by then, on this day or an earlier one. */
function sessionAtOrBefore(day: Day, second: number): { day: Day; opened: number; closed: number } {
  const closes = closingMinute(day);
  const opened = momentIn(newYork, day, openingMinute) / 1000;
  if (closes === undefined || opened > second) return sessionAtOrBefore(shifted(day, -1), second);
  return { day, opened, closed: momentIn(newYork, day, closes) / 1000 };
}

// Every listing has the same session, and calendars are slow.
function onceASecond(session: (nowMs: number) => Session): (nowMs: number) => Session {
  let known: { second: number; session: Session } | undefined;
  return (nowMs) => {
    const second = Math.floor(nowMs / 1000);
    if (known?.second !== second) known = { second, session: session(nowMs) };
    return known.session;
  };
}
