import type { Redis } from 'ioredis';
import { z } from 'zod';
import { wholeKey } from './append.ts';
import { isOfLostStream, momentOf, readAgainFrom } from './restored.ts';
import { parseEntry, type StreamEntry, beginning, isAfter } from './entry.ts';

/** What Redis still has of a stream. `isWhole`: nothing has ever been trimmed from it. */
export type Extent = Readonly<{ first: string | undefined; last: string; isWhole: boolean }>;

/**
 * Entries were asked for that are no longer there: cut off at the old end, or gone with the whole stream.
 * What is left comes after `position`.
 */
export type Gap = Readonly<{ why: 'trimmed' | 'lost'; position: string }>;

/** A page of what came after an id. `position` is where the next page begins. */
export type Page = Readonly<{
  entries: readonly StreamEntry[];
  position: string;
  gap: Gap | undefined;
  isLast: boolean;
}>;

const pageSize = 500;
const Reply = z.object({
  length: z.int(),
  'last-generated-id': z.string(),
  'entries-added': z.int(),
  'first-entry': z.tuple([z.string(), z.array(z.string())]).nullable(),
});

/** The stream is lost, and will be restored: what came after a position will be known then. */
export class BeingRestored extends Error {
  override name = 'BeingRestored';
}

/**
 * Reads what came after `position`, at most `limit` entries, oldest first. With a gap, the entries are those that are left;
 * their order and ids hold all the same. After a position of a stream that was lost and restored, they begin a little earlier
 * than the position: some may have been seen.
 * @throws when Redis does not answer, and BeingRestored.
 */
export async function missedSince(redis: Redis, stream: string, position: string, limit: number): Promise<Page> {
  const whole = await redis.get(wholeKey({ name: stream }));
  const isLost = isOfLostStream(position, whole);
  const from = isLost ? readAgainFrom(momentOf(position)) : position;
  const rows = await redis.xrange(stream, `(${from}`, '+', 'COUNT', limit);
  // Looked at after the rows: what is trimmed between the two is reported as a gap although it was read, never the reverse.
  const extent = await extentOf(redis, stream);
  if (whole === null && extent.last === beginning && position !== beginning)
    throw new BeingRestored(`the stream '${stream}' is lost, and has not been restored yet`);
  const gap: Gap | undefined = isLost ? { why: 'lost', position: extent.last } : gapAfter(position, extent);
  const next = rows.at(-1)?.[0] ?? gap?.position ?? position;
  return { entries: entriesOf(rows), position: next, gap, isLast: rows.length < limit };
}

/** Everything of a restored stream that may have been announced since a moment, and the place where that ends, if there is any. */
export async function readAgain(redis: Redis, stream: string, momentMs: number) {
  const entries: StreamEntry[] = [];
  let position: string | undefined;
  for (;;) {
    const rows = await redis.xrange(stream, `(${position ?? readAgainFrom(momentMs)}`, '+', 'COUNT', pageSize);
    entries.push(...entriesOf(rows));
    position = rows.at(-1)?.[0] ?? position;
    if (rows.length < pageSize) return { entries, position };
  }
}

/** The entries that are ours; whatever else was put into the stream is passed over. */
export function entriesOf(rows: readonly (readonly [string, readonly string[]])[]): StreamEntry[] {
  return rows.map(parseEntry).filter((entry) => entry !== undefined);
}

/** Whether who has seen everything up to `position` has missed something that is no longer there. */
export function gapAfter(position: string, { first, last, isWhole }: Extent): Gap | undefined {
  // A stream that is gone comes back with ids that go by time: what is new then comes after the same position.
  if (isAfter(position, last)) return { why: 'lost', position: last === beginning ? position : last };
  if (position === last || (first !== undefined && !isAfter(first, position))) return undefined;
  if (position === beginning && isWhole) return undefined;
  return { why: 'trimmed', position: first === undefined ? last : position };
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
