import type { Redis } from '../../../src/redis/client.ts';
import { z } from 'zod';

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
