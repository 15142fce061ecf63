import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager, InferEntity, MikroORM } from '@mikro-orm/mysql';
import type { Redis } from 'ioredis';
import { EventLog } from '../entities/event-log.entity.ts';
import { OutboxMessage } from '../entities/outbox-message.entity.ts';
import type { Definitions } from '../load-definitions.ts';
import { repeatsKnownSeconds, versionKey, wholeKey } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';
import { restoredId } from '../streams/restored.ts';

/** What restoring needs. */
export type RestoreParts = Readonly<{ orm: MikroORM; redis: Redis; definitions: Definitions }>;

const batch = 500;
const lockMs = 10_000;
const pollMs = 50;

// A stream that is there without the mark has not been lost: it is older than the mark.
const takeLock = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 'whole' end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('SET', KEYS[1], '1') return 'whole' end
if redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then return 'mine' end
return 'other'`;
// Whoever has lost the lock meanwhile leaves the stream to its successor.
const finish = `
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('PERSIST', KEYS[4])
  redis.call('RENAME', KEYS[4], KEYS[2])
end
local now = redis.call('TIME')
redis.call('SET', KEYS[1], now[1] .. string.format('%03d', math.floor(now[2] / 1000)))
redis.call('DEL', KEYS[3])
return 1`;

/**
 * Makes sure that a stream is whole: one that Redis has lost is built again from the log, as long as streams may be, in its
 * order, while nobody appends. One process does it, the others wait. Its entries get new ids, from the time of each event.
 * What has not left the outbox yet is not restored: it comes after, as what it is to everybody, news.
 */
export async function restoreStream(parts: RestoreParts, stream: Stream, signal: AbortSignal): Promise<void> {
  const { redis } = parts;
  const token = randomUUID();
  const keys = [wholeKey(stream), stream.name, `{${stream.name}}:restoring`, `{${stream.name}}:restored:${token}`];
  while (!signal.aborted) {
    const lock = await redis.eval(takeLock, 3, ...keys.slice(0, 3), token, lockMs);
    if (lock === 'whole') return;
    if (lock === 'mine') {
      await build(parts, stream, { data: keys[3] ?? '', lock: keys[2] ?? '' }, signal);
      if ((await redis.eval(finish, 4, ...keys, token)) === 1) return;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  throw signal.reason;
}

async function build(
  { orm, redis, definitions }: RestoreParts,
  stream: Stream,
  keys: Readonly<{ data: string; lock: string }>,
  signal: AbortSignal,
): Promise<void> {
  const em = orm.em.fork();
  const where = { stream: stream.name };
  const [oldest] = await em.find(EventLog, where, {
    orderBy: { position: 'desc' },
    offset: stream.maxLength,
    limit: 1,
    fields: ['position'],
    disableIdentityMap: true,
  });
  let lastMs = 0;
  let after: number = oldest?.position ?? 0;
  for (;;) {
    signal.throwIfAborted();
    const rows = await em.find(
      EventLog,
      { ...where, position: { $gt: after } },
      { orderBy: { position: 'asc' }, limit: batch, disableIdentityMap: true },
    );
    if (rows.length === 0) return;
    const pipeline = redis.pipeline().pexpire(keys.lock, lockMs);
    // Looked at after the log: who is not in the outbox then had left it before the stream was lost.
    const waiting = await unsent(em, rows);
    for (const row of rows.filter(({ id }) => !waiting.has(id))) {
      // Stream ids must rise, and times of several processes do not quite.
      lastMs = Math.max(lastMs, row.at.getTime());
      pipeline.xadd(keys.data, restoredId(lastMs, row.position), ...fieldsOf(row, definitions));
      pipeline.set(versionKey(stream, row.subject), row.version, 'EX', repeatsKnownSeconds);
    }
    // What is left of an attempt that dies here goes by itself; finishing makes it stay.
    pipeline.pexpire(keys.data, lockMs);
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    after = rows.at(-1)?.position ?? after;
  }
}

function fieldsOf(row: InferEntity<typeof EventLog>, { events }: Definitions): string[] {
  const { id, type, version, at, subject, data } = row;
  const fields = { id, type, version, schema: events.get(type)?.schema ?? 1, time: at.toISOString(), subject, data };
  return Object.entries(fields).flatMap(([name, value]) => [name, String(value)]);
}

async function unsent(em: EntityManager, rows: readonly InferEntity<typeof EventLog>[]): Promise<ReadonlySet<string>> {
  const ids = rows.map(({ id }) => id);
  const found = await em.find(OutboxMessage, { id: { $in: ids } }, { fields: ['id'], disableIdentityMap: true });
  return new Set(found.map(({ id }) => id));
}
