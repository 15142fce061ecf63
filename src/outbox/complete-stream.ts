import type { MikroORM } from '@mikro-orm/mysql';
import type { Redis } from 'ioredis';
import type { Definitions } from '../load-definitions.ts';
import { append, versionKey } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';
import { momentOf } from '../streams/restored.ts';
import { envelopeOf, streamLog, tracesOfUnsent } from './stream-log.ts';

// What a relay sends is older than the moment at which it is appended: after an outage of Redis by all of that.
const lateMs = 300_000;

/**
 * Appends what Redis has lost of a stream's end: one that dies may forget its last second, and a replica that takes over, or
 * an old copy, more. What it still has, it knows by the versions. Nobody else may append meanwhile; `goOn` says whether
 * that still holds.
 */
export async function completeStream(
  { orm, redis, definitions }: Readonly<{ orm: MikroORM; redis: Redis; definitions: Definitions }>,
  stream: Stream,
  goOn: () => Promise<void>,
): Promise<void> {
  const em = orm.em.fork();
  const [last] = await redis.xrevrange(stream.name, '+', '-', 'COUNT', 1);
  const since = new Date(Math.max(0, (last ? momentOf(last[0]) : 0) - lateMs));
  for await (const rows of streamLog(em, stream, since)) {
    await goOn();
    const known = await redis.mget(...rows.map(({ subject }) => versionKey(stream, subject)));
    const missing = rows.filter(({ version }, index) => version > Number(known[index] ?? 0));
    if (missing.length === 0) continue;
    // What is still in the outbox is appended, too: a relay that had done so before the loss will only delete its row.
    const traces = await tracesOfUnsent(em, missing);
    await append(
      redis,
      missing.map((row) => ({ stream, envelope: envelopeOf(row, definitions, traces.get(row.id)) })),
    );
  }
}
