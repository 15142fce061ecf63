import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { RateLimited, TooManyCalls } from '../../errors.ts';

/** So many calls a second to one upstream, over all processes, evenly: what comes in bursts would meet another's burst. */
export type Pace = Readonly<{
  /** Lets one more conversation begin. @throws RateLimited while those that have begun need all calls of the next moments. */
  admit(): Promise<void>;
  /** Resolves when it is a call's turn. @throws TooManyCalls when that would take too long; nothing has been called then. */
  take(): Promise<void>;
}>;

// Calls are a fifth further apart than they might be: jitter on the way makes no excess.
const guard = 1.2;
// What may have begun ahead of the calls. Half of it is still at work when a rested queue goes on.
const aheadMs = 2_000;
const longestTurnMs = 10_000;
// What one process remembers is of its Redis' clock, and of no use to another's.
const believedMs = 60_000;

/**
 * KEYS: when the next call is due, when the next conversation is. ARGV: ms between two, the longest wait, the next call as
 * this process knows it. Redis' clock, in ms.
 */
const clock = `
local at = redis.call('TIME')
local now = at[1] * 1000 + at[2] / 1000
local known = tonumber(ARGV[3])
if known > now + ${believedMs} then known = 0 end
local call = math.max(now, known, tonumber(redis.call('GET', KEYS[1]) or 0))`;
const takeScript = `${clock}
if call - now > tonumber(ARGV[2]) then return {0, tostring(call - now), tostring(known)} end
local next = call + ARGV[1]
redis.call('SET', KEYS[1], tostring(next), 'PX', math.ceil(next - now) + 1000)
return {1, tostring(call - now), tostring(next)}`;
const admitScript = `${clock}
local begun = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0))
local ahead = math.max(call, begun) - now
if ahead > tonumber(ARGV[2]) then return {0, tostring(ahead), tostring(known)} end
local next = begun + ARGV[1]
redis.call('SET', KEYS[2], tostring(next), 'PX', math.ceil(next - now) + 1000)
return {1, tostring(ahead), tostring(known)}`;

/** Opens the pace of the upstream called `name`. While Redis is away each process keeps it for itself. */
export function openPace(redis: Redis, name: string, perSecond: number): Pace {
  const keys = [`pace:{${name}}:call`, `pace:{${name}}:begun`];
  const apartMs = (1_000 * guard) / perSecond;
  // The next call as Redis has told it, in its time; and as this process counts without it, in its own.
  let known = 0;
  let own = 0;
  const ask = async (script: string, longestMs: number) => {
    const answer: unknown = await redis.eval(script, keys.length, ...keys, apartMs, longestMs, known).catch(() => []);
    const [isGranted, waitMs, next] = Array.isArray(answer) ? answer.map(Number) : [];
    if (isGranted === undefined || waitMs === undefined || next === undefined) return undefined;
    known = Math.max(known, next);
    return { isGranted: isGranted === 1, waitMs };
  };
  const alone = () => {
    const waitMs = Math.max(0, own - Date.now());
    if (waitMs > longestTurnMs) return { isGranted: false, waitMs };
    own = Date.now() + waitMs + apartMs;
    return { isGranted: true, waitMs };
  };
  return {
    async admit() {
      const turn = await ask(admitScript, aheadMs);
      if (turn && !turn.isGranted) throw new RateLimited(Math.max(1, Math.ceil(turn.waitMs - aheadMs / 2)));
    },
    async take() {
      const { isGranted, waitMs } = (await ask(takeScript, longestTurnMs)) ?? alone();
      if (!isGranted) throw new TooManyCalls(`${name}: every call of the next seconds is taken`, waitMs - aheadMs / 2);
      if (waitMs > 0) await sleep(waitMs);
    },
  };
}
