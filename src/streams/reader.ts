import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from '../redis/client.ts';
import { blockMs } from '../redis/connection.ts';
import { isAfter, type StreamEntry } from './entry.ts';
import { entriesOf, extentOf } from './history.ts';

/** Hears what a reader reads; it must return at once. */
export type Listener = Readonly<{
  /** The reader knows where it stands: from now on nothing passes it by. */
  hearReady(position: string): void;
  /** `position` is the place of the last entry read, also of one that was none of ours. */
  hear(entries: readonly StreamEntry[], position: string): void;
  /** Something may have been trimmed that the reader has not read: what came since is to be read in pages. */
  hearDoubt(): void;
}>;

/** The one blocking reader of a stream in this process. */
export type StreamReader = Readonly<{
  /** The last entry read; undefined until it is known where the stream ends. */
  position(): string | undefined;
  close(): void;
}>;

/** Says which entry the last event of the log has, or will have, in its stream. */
export type EndOfLog = (stream: string) => Promise<string>;

const readAtOnce = 500;
const retryMs = 250;

/**
 * Reads a stream from its present end on, through outages, on a connection of its own, and tells the listener. Where a stream
 * ends, the log says: Redis may have lost it, and gets its entries back under the ids that they had.
 */
export function openReader(stream: string, connection: Redis, endOfLog: EndOfLog, listener: Listener): StreamReader {
  let position: string | undefined;
  const closing = new AbortController();

  const begin = async (): Promise<string> => {
    // Who follows the market reads on while MySQL is away.
    const [logged, { last }] = await Promise.all([
      endOfLog(stream).catch(() => undefined),
      extentOf(connection, stream),
    ]);
    position = logged !== undefined && isAfter(logged, last) ? logged : last;
    listener.hearReady(position);
    return position;
  };
  const readOn = async (from: string): Promise<void> => {
    const reply = await connection.xread('COUNT', readAtOnce, 'BLOCK', blockMs, 'STREAMS', stream, from);
    const rows = reply?.[0]?.[1] ?? [];
    // As long as the place itself is there, nothing behind it has been trimmed.
    const place = await connection.xrange(stream, from, from);
    if (place.length === 0 && isAfter((await extentOf(connection, stream)).last, from)) listener.hearDoubt();
    position = rows.at(-1)?.[0] ?? from;
    if (rows.length > 0) listener.hear(entriesOf(rows), position);
  };
  void repeat(closing.signal, async () => readOn(position ?? (await begin())));
  return {
    position: () => position,
    close() {
      closing.abort();
      connection.disconnect();
    },
  };
}

async function repeat(signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await step();
    } catch {
      if (!signal.aborted) await delay(retryMs);
    }
  }
}
