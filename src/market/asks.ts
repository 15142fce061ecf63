import type { Redis } from 'ioredis';
import { isForPeople, type Lane } from './lanes.ts';

/** Who waits for which fetch: at most 500 wait, and one that nobody has asked for within 30 s is not worth a call. */
export type Asks = Readonly<{
  /** Notes that someone wants `name`; false when 500 others already wait, and in the background 400. */
  admit(name: string, lane?: Lane): Promise<boolean>;
  /** Says that someone still wants `name`, if it was admitted. */
  renew(name: string): Promise<void>;
  /** Whether someone has wanted `name` within the last 30 s. */
  isWanted(name: string): Promise<boolean>;
  /** The fetch is over: its place is free. */
  settle(name: string): Promise<void>;
}>;

const key = 'market:asks';
const wantedMs = 30_000;
const most = 500;
// However much is polled, there are places for who asks.
const mostInBackground = 400;

// A sorted set of names by the moment until which they are wanted, on Redis's clock.
const admitScript = `
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
return 1`;
const renewScript = `
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
return redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), ARGV[1])`;
const wantedScript = `
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local untilMs = redis.call('ZSCORE', KEYS[1], ARGV[1])
return (untilMs and tonumber(untilMs) > now) and 1 or 0`;

/** Opens the list of who waits, shared by all processes. */
export function openAsks(redis: Redis): Asks {
  return {
    async admit(name, lane = 'logged_in') {
      const places = isForPeople(lane) ? most : mostInBackground;
      return (await redis.eval(admitScript, 1, key, name, places, wantedMs)) === 1;
    },
    renew: async (name) => void (await redis.eval(renewScript, 1, key, name, wantedMs)),
    isWanted: async (name) => (await redis.eval(wantedScript, 1, key, name)) === 1,
    settle: async (name) => void (await redis.zrem(key, name)),
  };
}
