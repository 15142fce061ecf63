import { createHash } from 'node:crypto';
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

/** Redis has lost the stream, or may have lost its end: it is to be restored from the log before anything follows. */
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

/** Since when Redis runs nobody can read off cheaply; but it forgets its scripts when it ends, and each stream has one. */
function scriptOf(redis: Redis, { name }: Pick<Stream, 'name'>) {
  const text = `-- ${name} in db ${redis.options.db ?? 0}\n${appendOnce}`;
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Whether each of these streams has been looked at since Redis was started; a Redis that dies may lose its last moments. */
export async function areLookedAt(redis: Redis, streams: readonly Pick<Stream, 'name'>[]): Promise<boolean> {
  const known = await redis.script('EXISTS', ...streams.map((stream) => scriptOf(redis, stream).sha));
  return Array.isArray(known) && known.every((one) => one === 1);
}

/** Lets relays append to a stream, until Redis ends. */
export async function letAppend(redis: Redis, stream: Pick<Stream, 'name'>): Promise<void> {
  await redis.script('LOAD', scriptOf(redis, stream).text);
}

/**
 * Appends events to their streams, in the given order, in one round trip.
 * Versions of one subject must arrive in order; who has been appended before is passed over.
 * @throws when Redis did not take every one; sending all of them again is harmless. With `mustBeWhole`, StreamLost when
 * Redis has lost a stream, or has been started since anybody has looked: what is appended before it is restored would
 * stand before what is older.
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
    const words = [stream.maxLength, envelope.version, mustBeWhole ? 1 : 0, ...fields];
    if (mustBeWhole) pipeline.evalsha(scriptOf(redis, stream).sha, 3, ...keys, ...words);
    else pipeline.eval(appendOnce, 3, ...keys, ...words);
  }
  const answers = (await pipeline.exec()) ?? [];
  const isForgotten = (error: Error | null) => error?.message.startsWith('NOSCRIPT') ?? false;
  for (const [error] of answers) if (error && !isForgotten(error)) throw error;
  const lost = events[answers.findIndex(([error, entry]) => entry === 'lost' || isForgotten(error))];
  if (lost) throw new StreamLost(lost.stream);
}
