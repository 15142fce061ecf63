import type { Redis } from 'ioredis';
import { type RedisKey, redisKeys } from '../../../docs/generate/redis-keys.ts';

/** What a Redis and the list of its keys say of each other. */
export type KeyAudit = Readonly<{
  /** Keys that are of no listed kind, or not as their kind says. */
  faults: readonly string[];
  /** Kinds of which there is one. */
  seen: ReadonlySet<string>;
}>;

/** Looks at every key of the db that `redis` is connected to. */
export async function auditKeys(redis: Redis): Promise<KeyAudit> {
  const faults: string[] = [];
  const seen = new Set<string>();
  for await (const keys of redis.scanStream({ count: 500 }))
    for (const key of asNames(keys)) {
      const kind = kindOf(key);
      if (!kind) faults.push(`${key} is not listed`);
      else {
        seen.add(kind.key);
        faults.push(...(await faultsOf(redis, key, kind)));
      }
    }
  return { faults, seen };
}

function asNames(keys: unknown): string[] {
  return Array.isArray(keys) ? [...new Set(keys.map(String))] : [];
}

function kindOf(key: string): RedisKey | undefined {
  return redisKeys.find((kind) => patternOf(kind).test(key));
}

/** Names in capitals stand for anything, those of streams and queues only for such names. */
function patternOf({ key }: RedisKey): RegExp {
  const escaped = key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const named = escaped.replaceAll('STREAM', '(orders|market|catalog)').replaceAll('QUEUE', '[a-z]+');
  return new RegExp(`^${named.replaceAll(/\b[A-Z]+\b/g, '.+')}$`);
}

async function faultsOf(redis: Redis, key: string, { type, mostSeconds }: RedisKey): Promise<string[]> {
  const [is, leftMs] = [await redis.type(key), await redis.pttl(key)];
  // It has gone meanwhile.
  if (is === 'none' || leftMs === -2) return [];
  const mostMs = mostSeconds === undefined ? -1 : mostSeconds * 1_000;
  return [
    ...(is === type ? [] : [`${key} is a ${is}, not a ${type}`]),
    ...(mostMs >= 0 && (leftMs < 0 || leftMs > mostMs) ? [`${key} stays for ${leftMs} ms, not ${mostMs}`] : []),
    ...(mostMs < 0 && leftMs >= 0 && !key.startsWith('bull:') ? [`${key} goes after ${leftMs} ms`] : []),
  ];
}
