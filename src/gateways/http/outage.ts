import { z } from 'zod';
import type { Redis } from '../../redis/client.ts';
import { RateLimited } from '../../errors.ts';
import { isShutDown } from '../../process/deadline.ts';
import { loadScript } from '../../redis/scripts.ts';
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
  /** How it is, without changing it. @throws when Redis is away. */
  look(): Promise<Readonly<{ failures: number; isOpen: boolean; restMs: number }>>;
}>;

/** How a call is noted: `isSilence` tells which failures were no answer. One that `signal` cuts off when the process ends says nothing. */
type Noting = Readonly<{
  outage: Pick<Outage, 'heard' | 'missed'>;
  isSilence(error: unknown): boolean;
  signal: AbortSignal;
}>;

/** Does a call, and notes whether it was answered. */
export async function noted<T>({ outage, isSilence, signal }: Noting, call: () => Promise<T>): Promise<T> {
  try {
    const answer = await call();
    await outage.heard();
    return answer;
  } catch (error) {
    if (isShutDown(signal)) throw error;
    await (isSilence(error) ? outage.missed() : outage.heard());
    throw error;
  }
}

const failuresInARow = 5;
// A tenth more than a second: two tries measured by another clock are still a second apart.
const probeMs = 1_100;
const rememberedMs = 60_000;
const longestWaitMs = 3_600_000;
const Looked = z.tuple([z.int(), z.int(), z.int()]);

const script = <const Name extends string>(name: string, names: readonly Name[]) =>
  loadScript(new URL(`./outage/${name}.lua`, import.meta.url), names);
const admit = script('admit', ['open', 'probe', 'failures', 'rest', 'probeMs']);
const missed = script('missed', ['open', 'probe', 'failures', 'probeMs', 'failuresInARow', 'rememberedMs']);
const limited = script('limited', ['open', 'probe', 'rest', 'waitMs', 'rememberedMs']);
const look = script('look', ['open', 'failures', 'rest']);
const heard = script('heard', ['open', 'probe', 'failures', 'rest']);

/**
 * Opens the breaker of the upstream called `name`. With a `pace`, no more are let in than may
 * call. While Redis itself is away it lets everyone pass.
 */
export function openOutage(redis: Redis, name: string, pace?: Pace): Outage {
  const keys = {
    open: `outage:{${name}}`,
    probe: `outage:{${name}}:probe`,
    failures: `outage:{${name}}:failures`,
    rest: `outage:{${name}}:rest`,
  };
  const asked = { ...keys, probeMs, failuresInARow, rememberedMs };
  const or0 = async (answer: Promise<unknown>) => Number(await answer.catch(() => 0));
  // Whether there is something to forget once the upstream answers; most of the time there is not. Who is let in is told whether
  // other processes have missed an answer, and needs no command for it; who calls without asking to be let in is told of nothing.
  let isTroubled = false;
  let isTold = false;
  return {
    async admit() {
      isTold = true;
      const restMs = await or0(admit(redis, asked));
      isTroubled ||= restMs !== 0;
      if (restMs > 0) throw new RateLimited(restMs);
      await pace?.admit();
    },
    async heard() {
      if (isTold && !isTroubled) return;
      isTroubled = false;
      await or0(heard(redis, asked));
    },
    async missed() {
      isTroubled = true;
      const restMs = await or0(missed(redis, asked));
      return restMs > 0 ? restMs : undefined;
    },
    async limited(waitMs) {
      isTroubled = true;
      const bounded = Math.min(Math.max(1, Math.ceil(waitMs)), longestWaitMs);
      await or0(limited(redis, { ...asked, waitMs: bounded }));
    },
    isAway: async () => (await redis.exists(keys.failures)) > 0,
    async look() {
      const [failures, open, restMs] = Looked.parse(await look(redis, asked));
      return { failures, isOpen: open === 1, restMs };
    },
  };
}
