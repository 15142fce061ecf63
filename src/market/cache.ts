import type { Redis } from 'ioredis';

/** A finished answer body, a JSON object without its last brace and without `stale`, and when it was observed. */
export type Copy = Readonly<{ body: string; observedAtMs: number }>;

/** Finished answers in Redis, so that a read is neither parsed nor serialised again. */
export type Cache = Readonly<{
  read(name: string): Promise<Copy | undefined>;
  /** The copies of several names, in their order. */
  readAll(names: readonly string[]): Promise<(Copy | undefined)[]>;
  /** Keeps the newest, for a week unless told otherwise: an older observation that arrives late changes nothing. */
  write(name: string, copy: Copy, keptSeconds?: number): Promise<void>;
  /** Remembers for some minutes that the provider does not know `name`. */
  markUnknown(name: string): Promise<void>;
  isUnknown(name: string): Promise<boolean>;
  /** Remembers for a minute that the provider has just had nothing for `name`, or forgets it. */
  noteNothing(name: string, isSo: boolean): Promise<void>;
  hadNothing(name: string): Promise<boolean>;
}>;

const weekSeconds = 7 * 24 * 3_600;
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
    read: async (name) => parse(await redis.get(`copy:${name}`)),
    readAll: async (names) => (await redis.mget(names.map((name) => `copy:${name}`))).map(parse),
    async write(name, { body, observedAtMs }, keptSeconds = weekSeconds) {
      await redis.eval(writeNewest, 1, `copy:${name}`, observedAtMs, body, keptSeconds);
    },
    markUnknown: async (name) => void (await redis.set(`unknown:${name}`, 1, 'EX', unknownSeconds)),
    async noteNothing(name, isSo) {
      await (isSo ? redis.set(`nothing:${name}`, 1, 'EX', 60) : redis.del(`nothing:${name}`));
    },
    hadNothing: async (name) => (await redis.exists(`nothing:${name}`)) === 1,
    isUnknown: async (name) => (await redis.exists(`unknown:${name}`)) === 1,
  };
}

function parse(value: string | null): Copy | undefined {
  if (value === null) return undefined;
  const bar = value.indexOf('|');
  return { observedAtMs: Number(value.slice(0, bar)), body: value.slice(bar + 1) };
}
