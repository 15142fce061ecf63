import type { Redis } from 'ioredis';

/** A finished answer body, a JSON object without its last brace and without `stale`, and when it was observed. */
export type Copy = Readonly<{ body: string; observedAtMs: number }>;

/** Finished answers in Redis, so that a read is neither parsed nor serialised again. */
export type Cache = Readonly<{
  read(name: string): Promise<Copy | undefined>;
  /** Keeps the newest: an older observation that arrives late changes nothing. */
  write(name: string, copy: Copy): Promise<void>;
  /** Remembers for some minutes that the provider does not know `name`. */
  markUnknown(name: string): Promise<void>;
  isUnknown(name: string): Promise<boolean>;
}>;

const keptSeconds = 7 * 24 * 3_600;
// Each costs two calls of the budget, so the plan itself bounds how many there can be.
const unknownSeconds = 600;

// A value is the observation's milliseconds, a bar, and the body.
const writeNewest = `
local old = redis.call('GET', KEYS[1])
if old and tonumber(string.match(old, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. '|' .. ARGV[2], 'EX', ARGV[3])
return 1`;

/** Opens the cache on a connection that fails fast. */
export function openCache(redis: Redis): Cache {
  return {
    async read(name) {
      const value = await redis.get(`copy:${name}`);
      if (value === null) return undefined;
      const bar = value.indexOf('|');
      return { observedAtMs: Number(value.slice(0, bar)), body: value.slice(bar + 1) };
    },
    async write(name, { body, observedAtMs }) {
      await redis.eval(writeNewest, 1, `copy:${name}`, observedAtMs, body, keptSeconds);
    },
    markUnknown: async (name) => void (await redis.set(`unknown:${name}`, 1, 'EX', unknownSeconds)),
    isUnknown: async (name) => (await redis.exists(`unknown:${name}`)) === 1,
  };
}
