import { randomUUIDv7 } from 'node:crypto';
import type { Redis } from '../../../src/redis/client.ts';
import type { Stream } from '../../../src/streams/define-event.ts';

/**
 * Appends `count` events of that type, all about subjects of their own and none of the log, and returns the events' ids in order.
 * `more` are fields behind the seven that every entry has.
 */
export async function appendEvents(
  redis: Redis,
  stream: Pick<Stream, 'name'>,
  type: string,
  count: number,
  data: object = {},
  more: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const pipeline = redis.pipeline();
  const ids = Array.from({ length: count }, () => randomUUIDv7());
  for (const id of ids) {
    const about = { id, type, version: '1', schema: '1', time: new Date().toISOString(), subject: id };
    pipeline.xadd(stream.name, '*', ...Object.entries({ ...about, data: JSON.stringify(data), ...more }).flat());
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
  return ids;
}
