import type { Redis } from 'ioredis';
import type { Stream } from './define-event.ts';

/** An event on its way to its stream; `data` is JSON text. */
export type Envelope = Readonly<{
  id: string;
  type: string;
  version: number;
  schema: number;
  time: string;
  subject: string;
  data: string;
  /** The `traceparent` of what caused it, where traces are kept. */
  trace?: string;
}>;

/** Redis has lost the stream: it is to be restored from the log before anything follows. */
export class StreamLost extends Error {
  override name = 'StreamLost';
  readonly stream: Stream;

  constructor(stream: Stream) {
    super(`the stream '${stream.name}' is lost`);
    this.stream = stream;
  }
}

/** The key that says of a stream that nothing of it has been lost. */
export function wholeKey({ name }: Pick<Stream, 'name'>): string {
  return `{${name}}:whole`;
}

/** The key that holds the last version of a subject that was appended. */
export function versionKey({ name }: Pick<Stream, 'name'>, subject: string): string {
  return `{${name}}:version:${subject}`;
}

/** How long repeats of a version are recognised, seconds. */
export const repeatsKnownSeconds = 3_600;

// Appends unless this or a later version of the subject has been appended within the hour: a relay whose answer was
// lost sends again, and consumers should rarely see it. The key's hash tag puts it in the stream's own slot.
const appendOnce = `
if ARGV[3] == '1' and redis.call('EXISTS', KEYS[3]) == 0 then return 'lost' end
local last = redis.call('GET', KEYS[2])
if last and tonumber(last) >= tonumber(ARGV[2]) then return false end
local entry = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 4))
redis.call('SET', KEYS[2], ARGV[2], 'EX', ${repeatsKnownSeconds})
return entry`;

/**
 * Appends events to their streams, in the given order, in one round trip.
 * Versions of one subject must arrive in order; who has been appended before is passed over.
 * @throws when Redis did not take every one; sending all of them again is harmless. With `mustBeWhole`, StreamLost when
 * Redis has lost a stream: what is appended before it is restored would stand before what is older.
 */
export async function append(
  redis: Redis,
  events: readonly Readonly<{ stream: Stream; envelope: Envelope }>[],
  { mustBeWhole = false } = {},
): Promise<void> {
  if (events.length === 0) return;
  const pipeline = redis.pipeline();
  for (const { stream, envelope } of events) {
    const fields = Object.entries(envelope).flatMap(([name, value]) => [name, String(value)]);
    const keys = [stream.name, versionKey(stream, envelope.subject), wholeKey(stream)];
    pipeline.eval(appendOnce, 3, ...keys, stream.maxLength, envelope.version, mustBeWhole ? 1 : 0, ...fields);
  }
  const answers = (await pipeline.exec()) ?? [];
  for (const [error] of answers) if (error) throw error;
  const lost = events[answers.findIndex(([, entry]) => entry === 'lost')];
  if (lost) throw new StreamLost(lost.stream);
}
