import type { Redis } from '../../redis/client.ts';
import { prefixOf, type RedisConnection } from '../../redis/connection.ts';
import { mostShards, shardOf, tagOf } from './choice.ts';

/** The shards of a queue, as this process knows them. */
export type Shards = Readonly<{
  /** Whoever tells Redis something about a shard that BullMQ has no word for. */
  redis: Redis;
  /** The beginning of a shard's keys. */
  prefixOf(shard: number): string;
  /** So many of them are read and worked: those that this process puts jobs into, and those that others do or have done. */
  known(): number;
  /** Into so many this process puts jobs. */
  used: number;
  /** In which of those, by a job's payload. */
  choose(payload: unknown): number;
  /** Looks whether there are more than are known, unless that has just been done. It never throws. */
  look(): Promise<void>;
}>;

/** What a queue's shards are opened with: how many this process puts jobs into, and the field of payloads that says in which. */
export type Sharding = Readonly<{ used: number; by: string }>;

// Within so long a process works a shard into which another has begun to put jobs.
const lookEveryMs = 5_000;

/** Opens the shards of the queue called `name`. */
export function openShards(redis: Redis, connection: RedisConnection, name: string, { used, by }: Sharding): Shards {
  const prefix = (shard: number) => prefixOf(connection, name, tagOf(shard));
  let known = used;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return {
    redis,
    prefixOf: prefix,
    used,
    known: () => known,
    choose: (payload) => shardOf(subjectIn(payload, by), used),
    async look() {
      if (known === mostShards || performance.now() - lookedAtMs < lookEveryMs) return;
      lookedAtMs = performance.now();
      const others = Array.from({ length: mostShards - known }, (_, index) => known + index);
      // BullMQ's scripts that add jobs see to it that a queue has this key.
      const keys = others.map((shard) => `${prefix(shard)}:${name}:meta`);
      const last = await lastOf(redis, keys).catch(() => -1);
      known = Math.max(known, others[last] === undefined ? 0 : others[last] + 1);
    },
  };
}

/** The last of these keys that there is; -1: none. */
async function lastOf(redis: Redis, keys: readonly string[]): Promise<number> {
  // One question where one server has all the answers, which nearly always are no.
  if (!redis.isCluster && (await redis.exists(...keys)) === 0) return -1;
  return (await Promise.all(keys.map((key) => redis.exists(key)))).lastIndexOf(1);
}

function subjectIn(payload: unknown, field: string): string | undefined {
  const fields: Readonly<Record<string, unknown>> =
    typeof payload === 'object' && payload !== null ? { ...payload } : {};
  return typeof fields[field] === 'string' ? fields[field] : undefined;
}
