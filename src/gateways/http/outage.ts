import type { Redis } from 'ioredis';
import { RateLimited } from '../../errors.ts';
import type { Pace } from './pace.ts';

/**
 * The breaker of one upstream, shared by all processes through Redis: after five failures in a row it is open, and one
 * call a second may try. Whoever comes in between rests the queue, so that the work keeps its order and its attempts. An
 * upstream that wants to be left alone is left alone for as long as it says, and then tried by one.
 */
export type Outage = Readonly<{
  /** @throws RateLimited while the upstream is away and it is another's turn to try. */
  admit(): Promise<void>;
  /** The upstream answered. */
  heard(): Promise<void>;
  /** It did not. Returns how long to rest, ms, or undefined while that may have been chance. */
  missed(): Promise<number | undefined>;
  /** It is there, and wants no call for so long. */
  limited(waitMs: number): Promise<void>;
  /** Whether the last that was heard of it is that it did not answer. @throws when Redis is away. */
  isAway(): Promise<boolean>;
}>;

/** Does a call, and notes whether it was answered; `isSilence` tells which failures were none. */
export async function noted<T>(
  outage: Pick<Outage, 'heard' | 'missed'>,
  isSilence: (error: unknown) => boolean,
  call: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await call();
    await outage.heard();
    return answer;
  } catch (error) {
    await (isSilence(error) ? outage.missed() : outage.heard());
    throw error;
  }
}

const failuresInARow = 5;
// A tenth more than a second: two tries measured by another clock are still a second apart.
const probeMs = 1_100;
const rememberedMs = 60_000;
const longestWaitMs = 3_600_000;

const admitScript = `
local restMs = redis.call('PTTL', KEYS[4])
if restMs > 0 then return restMs end
if redis.call('EXISTS', KEYS[1]) == 0 then return -redis.call('EXISTS', KEYS[3]) end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) then return -1 end
return math.max(1, redis.call('PTTL', KEYS[2]))`;
const missedScript = `
local failures = redis.call('INCR', KEYS[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
if failures < tonumber(ARGV[2]) and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[3])
redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1])
return math.max(1, redis.call('PTTL', KEYS[2]))`;

// Who is told to wait may have been overtaken by one who was told to wait for longer.
const limitedScript = `
if redis.call('PTTL', KEYS[4]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[4], '1', 'PX', ARGV[1]) end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1] + ARGV[2])
return redis.call('DEL', KEYS[2])`;
// An answer to what was asked before says nothing of now.
const heardScript = `
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])`;

/**
 * Opens the breaker of the upstream called `name`. With a `pace`, no more are let in than may
 * call. While Redis itself is away it lets everyone pass.
 */
export function openOutage(redis: Redis, name: string, pace?: Pace): Outage {
  const failures = `outage:{${name}}:failures`;
  const keys = [`outage:{${name}}`, `outage:{${name}}:probe`, failures, `outage:{${name}}:rest`];
  const run = async (script: string, ...values: number[]) =>
    Number(await redis.eval(script, keys.length, ...keys, ...values).catch(() => 0));
  const ask = (script: string) => run(script, probeMs, failuresInARow, rememberedMs);
  // Whether there is something to forget once the upstream answers; most of the time there is not.
  let isTroubled = false;
  return {
    async admit() {
      const restMs = await ask(admitScript);
      isTroubled ||= restMs !== 0;
      if (restMs > 0) throw new RateLimited(restMs);
      await pace?.admit();
    },
    async heard() {
      if (!isTroubled) return;
      isTroubled = false;
      await run(heardScript);
    },
    async missed() {
      isTroubled = true;
      const restMs = await ask(missedScript);
      return restMs > 0 ? restMs : undefined;
    },
    async limited(waitMs) {
      isTroubled = true;
      await run(limitedScript, Math.min(Math.max(1, Math.ceil(waitMs)), longestWaitMs), rememberedMs);
    },
    isAway: async () => (await redis.exists(failures)) > 0,
  };
}
