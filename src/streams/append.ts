import type { Redis } from '../redis/client.ts';
import { loadScript } from '../redis/scripts.ts';
import type { Stream } from './define-event.ts';

/** An event of the log on its way to its stream; `data` is JSON text. */
export type LoggedEvent = Readonly<{
  /** Its place in the log, which is its place in the stream, too. */
  position: number;
  /** When it was given that place, ms: the other half of its entry's id. */
  entryMs: number;
  id: string;
  stream: string;
  type: string;
  subject: string;
  version: number;
  schema: number;
  /** When it happened, RFC 3339. */
  time: string;
  data: string;
  /** The `traceparent` of what caused it, where traces are kept. */
  trace: string | null;
}>;

/** The key that says how far of the log a stream has come. */
export function endKey({ name }: Pick<Stream, 'name'>): string {
  return `{${name}}:end`;
}

const run = loadScript(new URL('append/append.lua', import.meta.url), [
  'stream',
  'endKey',
  'maxLength',
  'previous',
  'isCut',
  'events',
]);

/**
 * Appends events of one stream, in the order of the log, and returns the position at which the stream ends then. What is there
 * already is passed over. `previous` is where the event before them stands; undefined when nothing before them belongs to the stream.
 * A stream that begins with them where the log does not, `isCut`, is known to lack its beginning.
 * Undefined is returned when the stream does not reach so far: what it lacks comes first.
 */
export async function append(
  redis: Redis,
  stream: Pick<Stream, 'name' | 'maxLength'>,
  previous: number | undefined,
  events: readonly LoggedEvent[],
  isCut = false,
): Promise<number | undefined> {
  const answer = await run(redis, {
    stream: stream.name,
    endKey: endKey(stream),
    maxLength: stream.maxLength,
    previous: previous ?? '',
    // A subject whose first events are no longer in the log says so, too.
    isCut: isCut || (events[0]?.version ?? 1) > 1,
    events: events.flatMap(wordsOf),
  });
  return answer === 'behind' ? undefined : Number(answer);
}

function wordsOf({ position, entryMs, id, type, version, schema, time, subject, data, trace }: LoggedEvent) {
  return [position, entryMs, id, type, version, schema, time, subject, data, trace ?? ''];
}

/** The position at which a stream ends in Redis; undefined when Redis has lost it, or never had it. */
export async function endOfStream(redis: Redis, stream: Pick<Stream, 'name'>): Promise<number | undefined> {
  const [isThere, end] = await Promise.all([redis.exists(stream.name), redis.get(endKey(stream))]);
  return isThere === 1 && end !== null ? Number(end) : undefined;
}
