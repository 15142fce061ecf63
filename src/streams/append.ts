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
}>;

// Appends unless this or a later version of the subject has been appended within the hour: a relay whose answer was
// lost sends again, and consumers should rarely see it. The key's hash tag puts it in the stream's own slot.
const appendOnce = `
local last = redis.call('GET', KEYS[2])
if last and tonumber(last) >= tonumber(ARGV[2]) then return false end
local entry = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 3))
redis.call('SET', KEYS[2], ARGV[2], 'EX', 3600)
return entry`;

/**
 * Appends events to their streams, in the given order, in one round trip.
 * Versions of one subject must arrive in order; who has been appended before is passed over.
 * @throws when Redis did not take every one; sending all of them again is harmless.
 */
export async function append(
  redis: Redis,
  events: readonly Readonly<{ stream: Stream; envelope: Envelope }>[],
): Promise<void> {
  if (events.length === 0) return;
  const pipeline = redis.pipeline();
  for (const { stream, envelope } of events) {
    const fields = Object.entries(envelope).flatMap(([name, value]) => [name, String(value)]);
    const seen = `{${stream.name}}:version:${envelope.subject}`;
    pipeline.eval(appendOnce, 2, stream.name, seen, stream.maxLength, envelope.version, ...fields);
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}
