import type { MikroORM } from '@mikro-orm/mysql';
import type { Redis } from 'ioredis';
import type { Definitions } from '../jobs/load-definitions.ts';
import { append, versionKey, areLookedAt, letAppend, repeatsKnownSeconds, wholeKey } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';
import { momentOf, restoredId } from '../streams/restored.ts';
import { envelopeOf, streamLog, tracesOfUnsent, type StreamRow, type Trace } from './event-log.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** What restoring needs. */
export type RestoreParts = Readonly<{ orm: MikroORM; redis: Redis; definitions: Definitions }>;

type Entry = Readonly<{ id: string; row: StreamRow; trace?: Trace }>;

const batch = 500;
const lockMs = 10_000;
// A look at a stream's end is over in moments, and harmless twice: nobody waits long for one who died over it.
const lookMs = 2_000;
const pollMs = 50;

// A stream that is there without the mark has not been lost: it is older than the mark.
const takeLock = `
if redis.call('EXISTS', KEYS[1]) == 0 and redis.call('EXISTS', KEYS[2]) == 1 then redis.call('SET', KEYS[1], '1') end
local isThere = redis.call('EXISTS', KEYS[1]) == 1
if isThere and ARGV[3] == '1' then return 'whole' end
local time = isThere and ARGV[4] or ARGV[2]
if redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', time) then return isThere and 'perhaps behind' or 'lost' end
return 'another has it'`;
const extendLock = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;
const freeLock = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1`;
// Whoever has lost the lock meanwhile leaves the stream to its successor.
const finish = `
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('PERSIST', KEYS[4])
  redis.call('RENAME', KEYS[4], KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[3])
return 1`;

/**
 * Makes sure that a stream is whole: one that Redis has lost is built again from the log, as long as streams may be, in its
 * order, while nobody appends. One process does it, the others wait. Its entries get new ids, from the time of each event.
 * What is still in the outbox comes after them, with an id of now: who follows may not have read it, however old it is.
 * Of one that is there, but in a Redis that has been started since, what may be missing at its end is appended.
 */
export async function restoreStream(parts: RestoreParts, stream: Stream, signal: AbortSignal): Promise<void> {
  const { redis } = parts;
  const token = randomUUID();
  const keys = [wholeKey(stream), stream.name, `{${stream.name}}:restoring`, `{${stream.name}}:restored:${token}`];
  while (!signal.aborted) {
    const isLookedAt = await areLookedAt(redis, [stream]);
    const lock = await redis.eval(takeLock, 3, ...keys.slice(0, 3), token, lockMs, isLookedAt ? 1 : 0, lookMs);
    if (lock === 'whole') return;
    if (lock === 'lost') {
      const time = await redis.time();
      const wholeSince = Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000);
      await build(parts, stream, { data: keys[3] ?? '', lock: keys[2] ?? '' }, signal);
      if ((await redis.eval(finish, 4, ...keys, token, wholeSince)) === 1) return letAppend(redis, stream);
    }
    if (lock === 'perhaps behind') {
      await completeStream(parts, stream, async () => {
        signal.throwIfAborted();
        if ((await redis.eval(extendLock, 1, keys[2] ?? '', token, lookMs)) !== 1)
          throw new Error('too slow: another completes the stream');
      });
      await letAppend(redis, stream);
      await redis.eval(freeLock, 1, keys[2] ?? '', token);
      return;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  throw signal.reason;
}

async function build(
  parts: RestoreParts,
  stream: Stream,
  keys: Readonly<{ data: string; lock: string }>,
  signal: AbortSignal,
): Promise<void> {
  const em = parts.orm.em.fork();
  const news: Entry[] = [];
  const subjectsOfNews = new Set<string>();
  let lastMs = 0;
  for await (const rows of streamLog(em, stream)) {
    signal.throwIfAborted();
    // Looked up late, and never taken for good: a relay that appended an event before the loss deletes its row any time.
    const traces = await tracesOfUnsent(em, rows);
    for (const { id, subject } of rows) if (traces.has(id)) subjectsOfNews.add(subject);
    const old: Entry[] = [];
    for (const row of rows) {
      if (subjectsOfNews.has(row.subject)) {
        news.push({ id: '*', row, trace: traces.get(row.id) });
        continue;
      }
      // Stream ids must rise, and times of several processes do not quite.
      lastMs = Math.max(lastMs, row.at.getTime());
      old.push({ id: restoredId(lastMs, row.position), row });
    }
    await write(parts, stream, keys, old);
  }
  for (let from = 0; from < news.length; from += batch) {
    signal.throwIfAborted();
    await write(parts, stream, keys, news.slice(from, from + batch));
  }
}

async function write(
  { redis, definitions }: RestoreParts,
  stream: Stream,
  keys: Readonly<{ data: string; lock: string }>,
  entries: readonly Entry[],
): Promise<void> {
  const pipeline = redis.pipeline().pexpire(keys.lock, lockMs);
  for (const { id, row, trace } of entries) {
    const fields = Object.entries(envelopeOf(row, definitions, trace)).flatMap(([name, value]) => [
      name,
      String(value),
    ]);
    pipeline.xadd(keys.data, id, ...fields);
    pipeline.set(versionKey(stream, row.subject), row.version, 'EX', repeatsKnownSeconds);
  }
  // What is left of an attempt that dies here goes by itself; finishing makes it stay.
  pipeline.pexpire(keys.data, lockMs);
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}
