import type { Redis } from '../../redis/client.ts';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { within } from '../../process/deadline.ts';

/** What became of one request: whether it may go on, how many more may, and when all may again. */
export type Use = Readonly<{ isAllowed: boolean; left: number; resetsInMs: number }>;

/** So many requests a minute for each key. */
export type Allowance = Readonly<{
  perMinute: number;
  /** Counts one over all processes; in this process alone while Redis is away. */
  use(key: string): Promise<Use>;
  /** Counts one in this process alone, and awaits nothing outside it. */
  useHere(key: string): Promise<Use>;
}>;

/** Requests taken from Redis in advance, and what is known of the rest. */
type Share = { here: number; elsewhere: number; endsAtMs: number };

/** How long a request that is counted waits for Redis; then its process counts alone. */
export const countingDeadlineMs = 250;

const windowSeconds = 60;
const redisRestMs = 1_000;
const mostKeys = 50_000;

/**
 * Opens the counting of one kind of key. A process takes a hundredth of the minute from Redis at a time, so that a
 * hundred requests cost one look at it; what all processes let through together never exceeds the minute's number.
 */
export function openAllowance(
  redis: Redis,
  name: string,
  perMinute: number,
  elapsedMs: () => number,
  deadlineMs = countingDeadlineMs,
): Allowance {
  const shareSize = Math.max(1, Math.floor(perMinute / 100));
  const mostShares = Math.floor(perMinute / shareSize);
  const options = { keyPrefix: `limit:${name}`, duration: windowSeconds };
  const inMemory = new RateLimiterMemory({ ...options, points: perMinute });
  const inRedis = openRedisLimiter(redis, { ...options, points: mostShares });
  const shares = new Map<string, Share>();
  const underWay = new Map<string, Promise<void>>();
  let isAwayUntilMs = 0;

  const fetchShare = async (key: string): Promise<void> => {
    const taken = await within(deadlineMs, 'Redis', consume(inRedis, key));
    if (shares.size >= mostKeys) shares.clear();
    const here = taken.isAllowed ? shareSize : 0;
    shares.set(key, { here, elsewhere: taken.left * shareSize, endsAtMs: elapsedMs() + taken.resetsInMs });
  };
  // However many requests of one key find their share used up, one of them fetches the next.
  const fetchOnce = (key: string): Promise<void> => {
    const fetching = underWay.get(key) ?? fetchShare(key).finally(() => underWay.delete(key));
    underWay.set(key, fetching);
    return fetching;
  };
  const useHere = (key: string) => consume(inMemory, key);
  return {
    perMinute,
    useHere,
    async use(key) {
      while (elapsedMs() >= isAwayUntilMs) {
        const share = shares.get(key);
        const resetsInMs = (share?.endsAtMs ?? 0) - elapsedMs();
        if (share && resetsInMs > 0) {
          if (share.here > 0) return { isAllowed: true, left: (share.here -= 1) + share.elsewhere, resetsInMs };
          if (share.elsewhere === 0) return { isAllowed: false, left: 0, resetsInMs };
        }
        await fetchOnce(key).catch(() => {
          isAwayUntilMs = elapsedMs() + redisRestMs;
        });
      }
      return useHere(key);
    },
  };
}

function openRedisLimiter(redis: Redis, options: Readonly<{ keyPrefix: string; duration: number; points: number }>) {
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    // Whoever has used everything up is refused without another look.
    inMemoryBlockOnConsumed: options.points,
    rejectIfRedisNotReady: true,
  });
}

/** A refusal of the library is a result like any other; everything else is thrown. */
async function consume(limiter: RateLimiterMemory | RateLimiterRedis, key: string): Promise<Use> {
  try {
    const { remainingPoints: left, msBeforeNext: resetsInMs } = await limiter.consume(key);
    return { isAllowed: true, left, resetsInMs };
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return { isAllowed: false, left: 0, resetsInMs: error.msBeforeNext };
  }
}

/** Counts the requests of each key over the last second, in this process. */
export type Burst = Readonly<{ most: number; use(key: string): Readonly<{ isAllowed: boolean; left: number }> }>;

const partsPerSecond = 8;
// One part more than a second has: whatever second one looks at, it touches no other part than these.
const parts = partsPerSecond + 1;
const forgottenAfterMs = 2_000;

type Tally = { latest: number; counts: number[] };

/** Opens the counting: in no second more than `most` for one key. Keys are forgotten when they have been idle for seconds. */
export function openBurst(most: number, elapsedMs: () => number): Burst {
  let recent = new Map<string, Tally>();
  let older = new Map<string, Tally>();
  let swappedAtMs = elapsedMs();
  const tallyOf = (key: string, part: number): Tally => {
    const tally = recent.get(key) ?? older.get(key) ?? { latest: part, counts: Array<number>(parts).fill(0) };
    recent.set(key, tally);
    const passed = Math.min(part - tally.latest, parts);
    for (let step = 1; step <= passed; step += 1) tally.counts[(tally.latest + step) % parts] = 0;
    tally.latest = part;
    return tally;
  };
  return {
    most,
    use(key) {
      const nowMs = elapsedMs();
      if (nowMs - swappedAtMs > forgottenAfterMs) {
        older = recent;
        recent = new Map();
        swappedAtMs = nowMs;
      }
      const part = Math.floor((nowMs * partsPerSecond) / 1_000);
      const { counts } = tallyOf(key, part);
      const used = counts.reduce((sum, count) => sum + count, 0);
      if (used >= most) return { isAllowed: false, left: 0 };
      counts[part % parts] = (counts[part % parts] ?? 0) + 1;
      return { isAllowed: true, left: most - used - 1 };
    },
  };
}
