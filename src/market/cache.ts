import { crc32 } from 'node:zlib';
import type { Redis } from '../redis/client.ts';
import { readTexts } from '../redis/read-texts.ts';
import { loadScript } from '../redis/scripts.ts';
import { type Copy, latestBelieved } from './copy.ts';

/** Finished answers in Redis, so that a read is neither parsed nor serialised again. */
export type Cache = Readonly<{
  /** The copy; one that is spoilt, or was observed later than now, is none. */
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

// A value is the observation's milliseconds, a bar, the check sum of all but itself, a bar, and the body.
const shape = /^(\d{1,15})\|([0-9a-f]{8})\|(\{.*)$/s;

const writeNewest = loadScript(new URL('./cache/write-newest.lua', import.meta.url), [
  'copy',
  'observedAtMs',
  'value',
  'keptSeconds',
  'latestMs',
]);

/** Opens the cache on a connection that fails fast. */
export function openCache(redis: Redis, now: () => Date): Cache {
  const readAll = async (names: readonly string[]) => {
    const values = await readTexts(
      redis,
      names.map((name) => `copy:${name}`),
    );
    const latest = latestBelieved(now());
    return values.map((value) => parse(value, latest));
  };
  return {
    read: async (name) => (await readAll([name]))[0],
    readAll,
    async write(name, { body, observedAtMs }, keptSeconds = weekSeconds) {
      const value = `${observedAtMs}|${checkSum(observedAtMs, body)}|${body}`;
      const latestMs = latestBelieved(now());
      await writeNewest(redis, { copy: `copy:${name}`, observedAtMs, value, keptSeconds, latestMs });
    },
    markUnknown: async (name) => void (await redis.set(`unknown:${name}`, 1, 'EX', unknownSeconds)),
    async noteNothing(name, isSo) {
      await (isSo ? redis.set(`nothing:${name}`, 1, 'EX', 60) : redis.del(`nothing:${name}`));
    },
    hadNothing: async (name) => (await redis.exists(`nothing:${name}`)) === 1,
    isUnknown: async (name) => (await redis.exists(`unknown:${name}`)) === 1,
  };
}

function parse(value: string | null | undefined, latest: number): Copy | undefined {
  const [, ms, sum, body] = shape.exec(value ?? '') ?? [];
  if (body === undefined) return undefined;
  const observedAtMs = Number(ms);
  return observedAtMs <= latest && checkSum(observedAtMs, body) === sum ? { observedAtMs, body } : undefined;
}

function checkSum(observedAtMs: number, body: string): string {
  return crc32(`${observedAtMs}|${body}`).toString(16).padStart(8, '0');
}
