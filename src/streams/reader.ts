import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { wholeKey } from './append.ts';
import { type Heard, openHeard, momentOf } from './restored.ts';
import { type StreamEntry, beginning } from './entry.ts';
import { entriesOf, extentOf, type Gap, gapAfter, readAgain } from './history.ts';

/** Hears what a reader reads; it must return at once. */
export type Listener = Readonly<{
  /** `position` is the place of the last entry read, also of one that was none of ours. */
  hear(entries: readonly StreamEntry[], position: string): void;
  /** Entries are gone that nobody here has read. */
  hearGap(gap: Gap): void;
  /** The stream was lost and has been restored, with other ids; these of it are new, and it has been read up to `position`. */
  hearRestored(entries: readonly StreamEntry[], position: string): void;
  /** The reader knows where it stands: from now on nothing passes it by. */
  hearReady(position: string): void;
}>;

/** The one blocking reader of a stream in this process. */
export type StreamReader = Readonly<{
  /** The last entry read; undefined until Redis has said where the stream ends. */
  position(): string | undefined;
  close(): void;
}>;

const readAtOnce = 500;
const blockMs = 5_000;
const retryMs = 250;

/** Reads a stream from its present end on, through outages, on a connection of its own, and tells the listener. */
export function openReader(stream: string, connection: Redis, listener: Listener): StreamReader {
  let position: string | undefined;
  const closing = new AbortController();
  // ioredis sends the blocked read again when it has connected anew; what happened meanwhile is looked up after it.
  let isUnsure = false;
  let lostAt: string | undefined;
  let whole: string | null = null;
  let heard: Heard = openHeard(0);
  connection.on('close', () => (isUnsure = true));

  const begin = async (): Promise<string> => {
    const end = await endOf(connection, stream);
    [whole, heard, position] = [end.whole, openHeard(end.atMs), end.last];
    listener.hearReady(end.last);
    return end.last;
  };
  const readOn = async (from: string): Promise<void> => {
    const reply = await connection.xread('COUNT', readAtOnce, 'BLOCK', blockMs, 'STREAMS', stream, from);
    const rows = reply?.[0]?.[1] ?? [];
    const { now, isThere } = await lookBack(connection, stream, from);
    if (now !== null && now !== whole) return hearAgain(from, now);
    if (isUnsure || rows.length === 0 || !isThere) await lookForGap(from);
    position = rows.at(-1)?.[0] ?? position;
    if (rows.length > 0 && position !== undefined) listener.hear(entriesOf(rows).filter(heard.isNews), position);
  };
  // What was appended in the moment of the loss, and not read before it, has got an id among those that were.
  const hearAgain = async (from: string, now: string): Promise<void> => {
    const again = await readAgain(connection, stream, Math.max(heard.sinceMs, momentOf(from)));
    [whole, isUnsure, lostAt, position] = [now, false, undefined, again.position ?? from];
    listener.hearRestored(again.entries.filter(heard.isNewsAfterLoss), position);
  };
  const lookForGap = async (from: string): Promise<void> => {
    isUnsure = false;
    const extent = await extentOf(connection, stream);
    const gap = gapAfter(from, extent);
    // As long as a lost stream stays away, it is no news again, nor is it when another has begun in its place.
    const isKnown = lostAt === from && (gap?.why === 'lost' || extent.isWhole);
    lostAt = gap?.why === 'lost' ? gap.position : undefined;
    if (!gap || isKnown) return;
    position = gap.position;
    listener.hearGap(gap);
  };
  const step = async () => readOn(position ?? (await begin()));
  void repeat(closing.signal, step, () => (isUnsure = true));
  return {
    position: () => position,
    close() {
      closing.abort();
      connection.disconnect();
    },
  };
}

/** Since when a stream is whole, and whether an entry is there: as long as it is, nothing behind it has been trimmed. */
async function lookBack(connection: Redis, stream: string, entry: string) {
  const asked = [connection.get(wholeKey({ name: stream })), connection.xrange(stream, entry, entry)] as const;
  const [now, place] = await Promise.all(asked);
  return { now, isThere: place.length > 0 };
}

/** Where a stream ends now, when that was, and since when it is whole. */
async function endOf(connection: Redis, stream: string) {
  const whole = await connection.get(wholeKey({ name: stream }));
  const { last } = await extentOf(connection, stream);
  const atMs = last === beginning ? Number((await connection.time())[0]) * 1_000 : momentOf(last);
  return { whole, last, atMs };
}

async function repeat(signal: AbortSignal, step: () => Promise<void>, onFailure: () => void): Promise<void> {
  while (!signal.aborted) {
    try {
      await step();
    } catch {
      onFailure();
      if (!signal.aborted) await delay(retryMs);
    }
  }
}
