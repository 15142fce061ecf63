import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { StreamEntry } from './stream-entry.ts';
import { entriesOf, extentOf, type Gap, gapAfter } from './stream-history.ts';

/** Hears what a reader reads; it must return at once. */
export type Listener = Readonly<{
  /** `position` is the place of the last entry read, also of one that was none of ours. */
  hear(entries: readonly StreamEntry[], position: string): void;
  /** Entries are gone that nobody here has read. */
  hearGap(gap: Gap): void;
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
  connection.on('close', () => (isUnsure = true));

  const begin = async (): Promise<string> => {
    const { last } = await extentOf(connection, stream);
    position = last;
    listener.hearReady(last);
    return last;
  };
  const readOn = async (from: string): Promise<void> => {
    const reply = await connection.xread('COUNT', readAtOnce, 'BLOCK', blockMs, 'STREAMS', stream, from);
    const rows = reply?.[0]?.[1] ?? [];
    if (isUnsure || rows.length === 0) await lookForGap(from);
    position = rows.at(-1)?.[0] ?? position;
    if (rows.length > 0 && position !== undefined) listener.hear(entriesOf(rows), position);
  };
  const lookForGap = async (from: string): Promise<void> => {
    isUnsure = false;
    const gap = gapAfter(from, await extentOf(connection, stream));
    // As long as a lost stream stays away, it is no news again.
    const isKnown = gap?.why === 'lost' && lostAt === from;
    lostAt = gap?.why === 'lost' ? gap.position : undefined;
    if (!gap || isKnown) return;
    position = gap.position;
    listener.hearGap(gap);
  };
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await readOn(position ?? (await begin()));
      } catch {
        isUnsure = true;
        if (!closing.signal.aborted) await delay(retryMs);
      }
    }
  };
  void run();
  return {
    position: () => position,
    close() {
      closing.abort();
      connection.disconnect();
    },
  };
}
