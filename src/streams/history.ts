import type { Redis } from '../redis/client.ts';
import { z } from 'zod';
import { beginning, isAfter, entryMsOf, parseEntry, type StreamEntry } from './entry.ts';

/** What Redis still has of a stream. `isWhole`: nothing has ever been trimmed from it. */
export type Extent = Readonly<{ first: string | undefined; last: string; isWhole: boolean }>;

/** Why nothing is known of what came after a place: it is no longer there, or no event can have had that place yet. */
export type Gap = 'trimmed' | 'lost';

/** A page of what came after an id. `position` is where the next page begins, `end` the last id of the stream. */
export type Page = Readonly<{
  entries: readonly StreamEntry[];
  position: string;
  end: string;
  gap: Gap | undefined;
  isLast: boolean;
}>;

// Clocks of processes may be so far apart.
const aheadMs = 60_000;
const Reply = z.object({
  length: z.int(),
  'last-generated-id': z.string(),
  'entries-added': z.int(),
  'first-entry': z.tuple([z.string(), z.array(z.string())]).nullable(),
});

/**
 * Reads what came after `position`, at most `limit` entries, oldest first. With a gap, the entries are those that are left;
 * their order and ids hold all the same. A stream that Redis has lost gets its ids again: nothing comes until it has.
 * @throws when Redis does not answer.
 */
export async function missedSince(redis: Redis, stream: string, position: string, limit: number): Promise<Page> {
  const rows = await redis.xrange(stream, `(${position}`, '+', 'COUNT', limit);
  // Looked at after the rows: what is trimmed between the two is reported as a gap although it was read, never the reverse.
  const extent = await extentOf(redis, stream);
  const isLast = rows.length < limit;
  if (isAfter(position, extent.last) && entryMsOf(position) > Number((await redis.time())[0]) * 1_000 + aheadMs)
    return { entries: [], position: extent.last, end: extent.last, gap: 'lost', isLast };
  const gap = hasGapAfter(position, extent) ? 'trimmed' : undefined;
  const next = rows.at(-1)?.[0] ?? (gap ? extent.last : position);
  return { entries: entriesOf(rows), position: next, end: extent.last, gap, isLast };
}

/** The entries that are ours; whatever else was put into the stream is passed over. */
export function entriesOf(rows: readonly (readonly [string, readonly string[]])[]): StreamEntry[] {
  return rows.map(parseEntry).filter((entry) => entry !== undefined);
}

/** Whether who has seen everything up to `position` has missed something that is no longer there. */
export function hasGapAfter(position: string, { first, last, isWhole }: Extent): boolean {
  if (!isAfter(last, position) || (position === beginning && isWhole)) return false;
  return first === undefined || isAfter(first, position);
}

/** What Redis has of the stream now. */
export async function extentOf(redis: Redis, stream: string): Promise<Extent> {
  const reply = await redis.xinfo('STREAM', stream).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes('no such key')) return undefined;
    throw error;
  });
  if (reply === undefined) return { first: undefined, last: beginning, isWhole: true };
  const values = z.array(z.unknown()).parse(reply);
  const pairs = Array.from({ length: values.length / 2 }, (_, index) => [values[index * 2], values[index * 2 + 1]]);
  const info = Reply.parse(Object.fromEntries(pairs));
  return {
    first: info['first-entry']?.[0],
    last: info['last-generated-id'],
    isWhole: info['entries-added'] === info.length,
  };
}
