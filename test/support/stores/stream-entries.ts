import type { Redis } from '../../../src/redis/client.ts';
import { z } from 'zod';
import { until } from '../processes/process.ts';

const Event = z.object({
  id: z.string(),
  type: z.string(),
  version: z.string(),
  schema: z.string(),
  time: z.string(),
  subject: z.string(),
  data: z.string(),
});

/** Every event of a stream, oldest first, with its fields as Redis keeps them. */
export async function readStream(redis: Redis, stream: string): Promise<z.output<typeof Event>[]> {
  const entries = await redis.xrange(stream, '-', '+');
  return entries.map(([, fields]) => {
    const pairs = Array.from({ length: fields.length / 2 }, (_, index) => [fields[index * 2], fields[index * 2 + 1]]);
    return Event.parse(Object.fromEntries(pairs));
  });
}

/**
 * What the stream of orders tells of one, oldest first, as `1 order.created`, each event once. Waits for as many events as are
 * expected: they are appended after the commit that others see. One too many that follows is not waited for.
 */
export async function announcedOf(redis: Redis, order: string, count: number): Promise<readonly string[]> {
  return until(`${count} events of ${order}`, async () => {
    const events = (await readStream(redis, 'orders')).filter(({ subject }) => subject === order);
    const told = new Map(events.map(({ id, version, type }) => [id, `${version} ${type}`]));
    return told.size >= count ? [...told.values()] : undefined;
  });
}
