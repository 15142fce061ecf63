import type { Redis } from 'ioredis';
import { isForPeople, lanes, type Lane } from '../jobs/queues.ts';

/** Who waits for which fetch: at most 500 wait, and one that nobody has asked for within 30 s is not worth a call. */
export type Asks = Readonly<{
  /**
   * Notes that someone wants `name`; false when 500 others already wait, and in the background 400. For somebody logged in
   * whoever is least in a hurry loses their place, so that only people logged in can be too many for one.
   */
  admit(name: string, lane?: Lane): Promise<boolean>;
  /** Says that someone still wants `name`, if it was admitted. */
  renew(name: string): Promise<void>;
  /** Whether someone has wanted `name` within the last 30 s. */
  isWanted(name: string): Promise<boolean>;
  /** The fetch is over: its place is free. */
  end(name: string): Promise<void>;
}>;

const wantedMs = 30_000;
const most = 500;
// However much is polled, there are places for who asks.
const mostInBackground = 400;

// For each lane, the first first, a sorted set of names by the moment until which they are wanted, on Redis's clock. A name
// is in one of them, the first of those in which it is wanted. The first lane's is named as all were before there were lanes.
const keys = lanes.map(({ priority }) => (priority === 0 ? 'market:asks' : `market:asks:${priority}`));
const first: Lane = lanes[0].name;

const clock = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n`;
const admitScript = `${clock}
local name, lane, places, wanted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), now + tonumber(ARGV[4])
local waiting, found = 0, nil
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  waiting = waiting + redis.call('ZCARD', key)
  if redis.call('ZSCORE', key, name) then found = i end
end
if found then
  if found > lane then redis.call('ZREM', KEYS[found], name); found = lane end
  redis.call('ZADD', KEYS[found], wanted, name)
  return 1
end
if waiting >= places then
  if lane > 1 then return 0 end
  local last = #KEYS
  while last > 1 and redis.call('ZCARD', KEYS[last]) == 0 do last = last - 1 end
  if last == 1 then return 0 end
  redis.call('ZPOPMAX', KEYS[last])
end
redis.call('ZADD', KEYS[lane], wanted, name)
return 1`;
const renewScript = `${clock}
for _, key in ipairs(KEYS) do redis.call('ZADD', key, 'XX', now + tonumber(ARGV[2]), ARGV[1]) end
return 1`;
const wantedScript = `${clock}
for _, key in ipairs(KEYS) do
  local untilMs = redis.call('ZSCORE', key, ARGV[1])
  if untilMs and tonumber(untilMs) > now then return 1 end
end
return 0`;
const endScript = `for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end return 1`;

/** Opens the list of who waits, shared by all processes. */
export function openAsks(redis: Redis): Asks {
  const run = (script: string, ...given: readonly (string | number)[]) =>
    redis.eval(script, keys.length, ...keys, ...given);
  return {
    async admit(name, lane = first) {
      const place = lanes.findIndex((some) => some.name === lane) + 1;
      return (await run(admitScript, name, place, isForPeople(lane) ? most : mostInBackground, wantedMs)) === 1;
    },
    renew: async (name) => void (await run(renewScript, name, wantedMs)),
    isWanted: async (name) => (await run(wantedScript, name)) === 1,
    end: async (name) => void (await run(endScript, name)),
  };
}
