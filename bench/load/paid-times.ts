import { Redis } from 'ioredis';
import type { Plan } from './plan.ts';

type Events = NonNullable<Plan['events']>;

/** When each order was announced as paid, in milliseconds of `performance.now()`; read off the stream as it grows. */
export type PaidTimes = Readonly<{ times: ReadonlyMap<string, number>; close(): void }>;

/** Follows the stream from now on. */
export async function followPaid(events: Events): Promise<PaidTimes> {
  const redis = new Redis({ host: events.host, port: events.port, db: events.db, maxRetriesPerRequest: null });
  const times = new Map<string, number>();
  let last = (await redis.xrevrange(events.stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0-0';
  let isOver = false;
  const follow = async () => {
    while (!isOver) {
      const entries = await redis.xread('COUNT', 1_000, 'BLOCK', 0, 'STREAMS', events.stream, last);
      const at = performance.now();
      for (const [id, fields] of entries?.[0]?.[1] ?? []) {
        last = id;
        if (events.type && valueOf(fields, 'type') !== events.type) continue;
        const order = valueOf(fields, events.orderField);
        if (!times.has(order)) times.set(order, at);
      }
    }
  };
  // Hanging up ends the read that blocks, and that is how it is meant to end.
  follow().catch(() => {});
  return {
    times,
    close() {
      isOver = true;
      redis.disconnect();
    },
  };
}

function valueOf(fields: readonly string[], name: string): string {
  for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return fields[index + 1] ?? '';
  return '';
}
