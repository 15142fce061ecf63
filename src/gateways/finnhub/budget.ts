import { randomUUID } from 'node:crypto';
import type { Redis } from '../../redis/client.ts';
import { RateLimited } from '../../errors.ts';
import type { Lane } from '../../jobs/queues.ts';
import { type BudgetLimits, budgetKeys, budgetScript, openBudgetMemory } from './budget-memory.ts';

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
// From the grant on, with what a crowded machine and the way take; sooner where its answer is heard.
const arrivesMs = 1_000;
const probeMs = 10_000;
const probePauseMs = 50;
const redisAwayMs = 1_000;
// By so much background calls may come before their time: a process that was busy catches up with what it has missed.
const leastEarlyMs = 1_000;
const toldForMs = 7 * 86_400_000;

const planNames = ['perWindow', 'windowMs', 'perSecond', 'reserved', 'paceMs', 'earlyMs'] as const;
const take = budgetScript('take', [
  'log',
  'epoch',
  'probe',
  'since',
  'people',
  'waiting',
  'pace',
  'rest',
  'id',
  'knownEpoch',
  'probeMs',
  'probePauseMs',
  ...planNames,
  'holdMs',
  'ownHoldMs',
  'isBackground',
  'arrivesMs',
]);
const giveBack = budgetScript('give-back', ['log', 'probe', 'people', 'id']);
const hear = budgetScript('hear', ['log', 'epoch', 'probe', 'since', 'id', 'used', 'newEpoch', 'windowMs', 'isGuess']);
const refuse = budgetScript('refuse', ['rest', 'refused', 'restMs', 'toldForMs']);

/**
 * Opens the budget: a sliding log in Redis of the moments by which calls have arrived at the latest.
 * Limits are kept with a guard, so that jitter never shows as an excess. Each process remembers the log it last saw
 * and puts it back when Redis has lost it; until an answer has told what is left, one call is made at a time.
 */
export function openBudget(redis: Redis, options: BudgetOptions): Budget {
  const { perWindow, windowMs, perSecond, reserved = 0 } = options;
  const { isBackground = () => false, lookEveryMs = 200, holdMs = 1_000 } = options;
  const keys = budgetKeys(options.key);
  const guardedMs = windowMs + Math.ceil(windowMs / 120);
  const guardedPerSecond = Math.max(1, Math.floor((perSecond * 5) / 6));
  const paceMs = guardedMs / perWindow;
  const plan = {
    perWindow,
    windowMs: guardedMs,
    perSecond: guardedPerSecond,
    reserved,
    paceMs,
    earlyMs: Math.max(2 * paceMs, leastEarlyMs),
  };
  const memory = openBudgetMemory(redis, { keys, guardedMs, lookEveryMs });
  return {
    async take(lane) {
      const grant = { id: `${lane}:${randomUUID()}`, askedAtMs: performance.now() };
      const asked = { id: grant.id, probeMs, probePauseMs, holdMs, isBackground: isBackground(lane), arrivesMs };
      const askScript = (knownEpoch: string) =>
        take(redis, { ...keys, ...plan, ...asked, knownEpoch, ownHoldMs: memory.holdMs() });
      const waitMs = await memory.ask(askScript).catch((error: unknown) => {
        throw new RateLimited(redisAwayMs, { cause: error });
      });
      if (waitMs > 0) throw new RateLimited(waitMs);
      return grant;
    },
    async isGood(grant) {
      if (performance.now() - grant.askedAtMs < voidAfterMs) return true;
      await giveBack(redis, { ...keys, id: grant.id });
      return false;
    },
    async hear(grant, answer) {
      const isGuess = answer === 'unlabelled';
      const used =
        answer === 'silent' ? -1 : isGuess ? perWindow : Math.max(answer.limit, perWindow) - answer.remaining;
      const heard = { id: grant.id, used, newEpoch: randomUUID(), windowMs: guardedMs, isGuess };
      memory.heard(grant.id, await hear(redis, { ...keys, ...heard }));
    },
    rest: async (ms) => void (await refuse(redis, { ...keys, restMs: ms, toldForMs })),
  };
}
