import { z } from 'zod';

// The times that MySQL and JavaScript both have; what is counted back from the first is still one.
const earliestMs = Date.parse('1000-01-01T00:00:00Z');
/** The last time that MySQL has: what is reckoned onwards from a caller's own may lie beyond it. */
export const latestMs = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a text is a time of the years 1000 to 9999; a zone can put one outside. */
function isInRange(text: string): boolean {
  const atMs = Date.parse(text);
  return atMs >= earliestMs && atMs <= latestMs;
}

/** A time by RFC 3339. */
export const Time = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time' })
  .refine(isInRange, 'must be of the years 1000 to 9999');

/** A day. */
export const Day = z.iso
  .date('must be a day such as 2026-11-22')
  .refine(isInRange, 'must be of the years 1000 to 9999');

/** A time by RFC 3339, or a day. */
export const Moment = z.union([Day, Time], 'must be an RFC 3339 time or a day, of the years 1000 to 9999');
