import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { RateLimited } from '../../errors.ts';
import type { Lane } from '../../jobs/queues.ts';
import { type BudgetLimits, budgetKeys, openBudgetMemory } from './budget-memory.ts';
import { giveBackScript, refuseScript, hearScript, takeScript } from './budget-scripts.ts';

/** Permission for one call; it is void unless the call leaves within 250 ms. */
export type Grant = Readonly<{ id: string; askedAtMs: number }>;

/** What an answer said of the plan: calls a window, and calls left. */
export type Remaining = Readonly<{ limit: number; remaining: number }>;

/** The plan's two windows of one key, shared by all processes. */
export type Budget = Readonly<{
  /** @throws RateLimited naming the wait, when either window is full, or leaves nothing for this lane. */
  take(lane: Lane): Promise<Grant>;
  /** Whether the grant may still be used; one that may not is given back. */
  isGood(grant: Grant): Promise<boolean>;
  /** Must follow every call: what its answer said, 'silent' without any, 'unlabelled' when it named no calls left. */
  hear(grant: Grant, answer: Remaining | 'silent' | 'unlabelled'): Promise<void>;
  /** The provider has refused a call: nobody makes one for so long. */
  rest(ms: number): Promise<void>;
}>;

/** How the budget differs from the usual. */
export type BudgetOptions = BudgetLimits &
  Readonly<{
    /** In which lanes nobody waits; default none. */
    isBackground?: (lane: Lane) => boolean;
    /** How often a process looks at the log that it may have to put back. */
    lookEveryMs?: number;
    /** How long nobody calls after the log was lost, so that everyone has looked by then. */
    holdMs?: number;
  }>;

const voidAfterMs = 250;
const probeMs = 10_000;
const probePauseMs = 50;
const redisAwayMs = 1_000;
// By so much background calls may come before their time: a process that was busy catches up with what it has missed.
const leastEarlyMs = 1_000;
const toldForMs = 7 * 86_400_000;

/**
 * Opens the budget: a sliding log in Redis of the moments at which calls are known to have arrived at the latest.
 * Limits are kept with a guard, so that jitter never shows as an excess. Each process remembers the log it last saw
 * and puts it back when Redis has lost it; until an answer has told what is left, one call is made at a time.
 */
export function openBudget(redis: Redis, options: BudgetOptions): Budget {
  const { perWindow, windowMs, perSecond, reserved = 0 } = options;
  const { isBackground = () => false, lookEveryMs = 200, holdMs = 1_000 } = options;
  const { log, epoch: epochKey, probe, since, people, waiting, pace, rest, refused } = budgetKeys(options.key);
  const guardedMs = windowMs + Math.ceil(windowMs / 120);
  const guardedPerSecond = Math.max(1, Math.floor((perSecond * 5) / 6));
  const paceMs = guardedMs / perWindow;
  const plan = [perWindow, guardedMs, guardedPerSecond, reserved, paceMs, Math.max(2 * paceMs, leastEarlyMs)];
  const remembering = { keys: { log, epoch: epochKey, since }, guardedMs, lookEveryMs };
  const memory = openBudgetMemory(redis, remembering);
  return {
    async take(lane) {
      const grant = { id: `${lane}:${randomUUID()}`, askedAtMs: performance.now() };
      const background = isBackground(lane) ? 1 : 0;
      const askScript = (epoch: string) => {
        const asked = [grant.id, epoch, probeMs, probePauseMs, ...plan, holdMs, memory.holdMs(), background];
        return redis.eval(takeScript, 8, log, epochKey, probe, since, people, waiting, pace, rest, ...asked);
      };
      const waitMs = await memory.ask(askScript).catch((error: unknown) => {
        throw new RateLimited(redisAwayMs, { cause: error });
      });
      if (waitMs > 0) throw new RateLimited(waitMs);
      return grant;
    },
    async isGood(grant) {
      if (performance.now() - grant.askedAtMs < voidAfterMs) return true;
      await redis.eval(giveBackScript, 3, log, probe, people, grant.id);
      return false;
    },
    async hear(grant, answer) {
      const isGuess = answer === 'unlabelled';
      const used =
        answer === 'silent' ? -1 : isGuess ? perWindow : Math.max(answer.limit, perWindow) - answer.remaining;
      const said = [grant.id, used, randomUUID(), guardedMs, isGuess ? 1 : 0];
      await redis.eval(hearScript, 4, log, epochKey, probe, since, ...said);
    },
    rest: async (ms) => void (await redis.eval(refuseScript, 2, rest, refused, ms, toldForMs)),
  };
}
