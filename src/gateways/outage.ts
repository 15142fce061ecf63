import type { Redis } from 'ioredis';
import { RateLimited } from '../errors.ts';

/**
 * The breaker of one upstream, shared by all processes through Redis: after five failures in a row it is open, and one
 * call a second may try. Whoever comes in between rests the queue, so that the work keeps its order and its attempts.
 */
export type Outage = Readonly<{
  /** @throws RateLimited while the upstream is away and it is another's turn to try. */
  admit(): Promise<void>;
  /** The upstream answered. */
  heard(): Promise<void>;
  /** It did not. Returns how long to rest, ms, or undefined while that may have been chance. */
  missed(): Promise<number | undefined>;
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

const admitScript = `
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

/** Opens the breaker of the upstream called `name`. While Redis itself is away it lets everyone pass. */
export function openOutage(redis: Redis, name: string): Outage {
  const keys = [`outage:{${name}}`, `outage:{${name}}:probe`, `outage:{${name}}:failures`];
  const ask = async (script: string) => {
    const restMs = await redis.eval(script, keys.length, ...keys, probeMs, failuresInARow, rememberedMs).catch(() => 0);
    return Number(restMs);
  };
  // Whether there is something to forget once the upstream answers; most of the time there is not.
  let isTroubled = false;
  return {
    async admit() {
      const restMs = await ask(admitScript);
      isTroubled ||= restMs !== 0;
      if (restMs > 0) throw new RateLimited(restMs);
    },
    async heard() {
      if (!isTroubled) return;
      isTroubled = false;
      await redis.del(...keys).catch(() => 0);
    },
    async missed() {
      isTroubled = true;
      const restMs = await ask(missedScript);
      return restMs > 0 ? restMs : undefined;
    },
    isAway: async () => (await redis.exists(...keys)) > 0,
  };
}
