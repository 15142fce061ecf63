import { randomUUIDv7 } from 'node:crypto';
import type { Redis } from 'ioredis';
import { append } from '../../../src/streams/append.ts';
import type { Stream } from '../../../src/streams/define-event.ts';

/** Appends `count` events of that type, all about subjects of their own, and returns the events' ids in order. */
export async function appendEvents(
  redis: Redis,
  stream: Stream,
  type: string,
  count: number,
  data: object = {},
): Promise<string[]> {
  const events = Array.from({ length: count }, () => {
    const id = randomUUIDv7();
    const about = { id, type, version: 1, schema: 1, time: new Date().toISOString(), subject: id };
    return { stream, envelope: { ...about, data: JSON.stringify(data) } };
  });
  await append(redis, events);
  return events.map(({ envelope }) => envelope.id);
}
