import type { Redis } from './client.ts';

/** The texts of several keys, wherever each of them is. Unlike GET, MGET takes a key of another kind for absent. */
export async function readTexts(redis: Redis, keys: readonly string[]): Promise<(string | null)[]> {
  if (!redis.isCluster) return redis.mget([...keys]);
  const each = await Promise.all(keys.map((key) => redis.mget(key)));
  return each.flat();
}
