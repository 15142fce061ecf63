import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from '../../redis/client.ts';
import { RateLimited, TooManyCalls } from '../../errors.ts';
import { loadScript } from '../../redis/scripts.ts';

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
// The calls of a second have room for 200 ms of lateness; what this takes of it leaves some for jitter on the way.
const mostLateMs = 150;
// What one process remembers is of its Redis' clock, and of no use to another's.
const believedMs = 60_000;

const script = <const Name extends string>(name: string, keys: readonly Name[]) =>
  loadScript(new URL(`./pace/${name}.lua`, import.meta.url), [...keys, 'apartMs', 'longestMs', 'known', 'believedMs']);
const take = script('take', ['call']);
const admit = script('admit', ['call', 'begun']);

/** Opens the pace of the upstream called `name`. While Redis is away each process keeps it for itself. */
export function openPace(redis: Redis, name: string, perSecond: number): Pace {
  const keys = { call: `pace:{${name}}:call`, begun: `pace:{${name}}:begun` };
  const apartMs = (1_000 * guard) / perSecond;
  // The next call as Redis has told it, in its time; and as this process counts without it, by a clock that nobody puts back.
  let known = 0;
  let own = 0;
  const ask = async (turn: typeof admit, longestMs: number) => {
    const answer = await turn(redis, { ...keys, apartMs, longestMs, known, believedMs }).catch(() => []);
    const [isGranted, waitMs, next] = Array.isArray(answer) ? answer.map(Number) : [];
    if (isGranted === undefined || waitMs === undefined || next === undefined) return undefined;
    known = Math.max(known, next);
    return { isGranted: isGranted === 1, waitMs };
  };
  const alone = (longestMs: number) => {
    const waitMs = Math.max(0, own - performance.now());
    if (waitMs > longestMs) return { isGranted: false, waitMs };
    own = performance.now() + waitMs + apartMs;
    return { isGranted: true, waitMs };
  };
  return {
    async admit() {
      const turn = await ask(admit, aheadMs);
      if (turn && !turn.isGranted) throw new RateLimited(Math.max(1, Math.ceil(turn.waitMs - aheadMs / 2)));
    },
    async take() {
      const endsAtMs = performance.now() + longestTurnMs;
      for (;;) {
        const longestMs = Math.max(0, endsAtMs - performance.now());
        const { isGranted, waitMs } = (await ask(take, longestMs)) ?? alone(longestMs);
        // A Redis that is slow to answer makes no turn late.
        const heardAtMs = performance.now();
        if (!isGranted)
          throw new TooManyCalls(`${name}: every call of the next moments is taken`, Math.max(1, waitMs - aheadMs / 2));
        if (waitMs > 0) await sleep(waitMs);
        // While this process stood still its turns went by, and would all be used at once now: each call needs another one.
        if (performance.now() - heardAtMs - waitMs <= mostLateMs) return;
      }
    },
  };
}
