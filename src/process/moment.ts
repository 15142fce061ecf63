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

const notTime = 'must be an RFC 3339 time';
const dayMs = 86_400_000;

/** A time by RFC 3339, as JavaScript reads it. */
export const Time = z
  .string(notTime)
  .overwrite(asRead)
  .check(z.iso.datetime({ offset: true, error: notTime }))
  .refine(isInRange, 'must be of the years 1000 to 9999');

/** RFC 3339 takes small letters too, and now and then a second 60 at the end of a UTC day: to those who do not count it, the next one. */
function asRead(text: string): string {
  const capital = text.toUpperCase();
  const before = capital.replace(/(?<=T\d\d:\d\d:)60/, '59');
  const atMs = Date.parse(before);
  const isLast = before !== capital && atMs % dayMs >= dayMs - 1_000;
  return isLast ? new Date(atMs + 1_000).toISOString() : capital;
}

/** A day. */
export const Day = z.iso
  .date('must be a day such as 2026-11-22')
  .refine(isInRange, 'must be of the years 1000 to 9999');

/** A time by RFC 3339, or a day. */
export const Moment = z.union([Day, Time], 'must be an RFC 3339 time or a day, of the years 1000 to 9999');
