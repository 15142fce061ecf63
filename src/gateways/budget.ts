import { createHash, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { RateLimited } from '../errors.ts';
import { giveBackScript, restoreScript, settleScript, takeScript } from './budget-scripts.ts';

/** Permission for one call; it is void unless the call leaves within 250 ms. */
export type Grant = Readonly<{ id: string; askedAtMs: number }>;

/** What an answer said of the plan: calls a window, and calls left. */
export type Remaining = Readonly<{ limit: number; remaining: number }>;

/** The plan's two windows of one key, shared by all processes. */
export type Budget = Readonly<{
  /** @throws RateLimited naming the wait, when either window is full. */
  take(): Promise<Grant>;
  /** Whether the grant may still be used; one that may not is given back. */
  isGood(grant: Grant): Promise<boolean>;
  /** Must follow every call: what its answer said, 'silent' without any, 'unlabelled' when it named no calls left. */
  settle(grant: Grant, answer: Remaining | 'silent' | 'unlabelled'): Promise<void>;
}>;

/** The key and what its plan allows. */
export type BudgetLimits = Readonly<{ key: string; perWindow: number; windowMs: number; perSecond: number }>;

// What the script answers: verdict, its epoch or wait, and the log as member, score, member, score …
const Taken = z.tuple([z.enum(['restore', 'wait', 'go']), z.string(), z.array(z.string()).optional()]);

const voidAfterMs = 250;
const probeMs = 10_000;
const probePauseMs = 50;
const redisAwayMs = 1_000;

/**
 * Opens the budget: a sliding log in Redis of the moments at which calls are known to have arrived at the latest.
 * Limits are kept with a guard, so that jitter never shows as an excess. Each process remembers the log it last saw
 * and puts it back when Redis has lost it; until an answer has told what is left, one call is made at a time.
 */
export function openBudget(redis: Redis, { key, perWindow, windowMs, perSecond }: BudgetLimits): Budget {
  const tag = `{finnhub:${createHash('sha256').update(key).digest('hex').slice(0, 8)}}`;
  const keys = [`${tag}:log`, `${tag}:epoch`, `${tag}:probe`];
  const guardedMs = windowMs + Math.ceil(windowMs / 120);
  const guardedPerSecond = Math.max(1, Math.floor((perSecond * 5) / 6));
  const windows = [perWindow, guardedMs, guardedPerSecond];
  let epoch = '';
  let memory: string[] = [];
  // A Redis that comes back may have lost its last second: whoever remembers it puts it back first.
  redis.on('ready', () => {
    epoch = '';
  });

  const ask = async (id: string): Promise<number> => {
    const answer = await redis.eval(takeScript, 3, ...keys, id, epoch, probeMs, probePauseMs, ...windows);
    const [verdict, detail, log = []] = Taken.parse(answer);
    if (verdict === 'restore') {
      await redis.eval(restoreScript, 1, ...keys.slice(0, 1), guardedMs, ...memory);
      epoch = detail || 'unknown';
      return ask(id);
    }
    memory = log;
    return verdict === 'wait' ? Number(detail) : 0;
  };
  return {
    async take() {
      const grant = { id: randomUUID(), askedAtMs: performance.now() };
      const waitMs = await ask(grant.id).catch((error: unknown) => {
        throw new RateLimited(redisAwayMs, { cause: error });
      });
      if (waitMs > 0) throw new RateLimited(waitMs);
      return grant;
    },
    async isGood(grant) {
      if (performance.now() - grant.askedAtMs < voidAfterMs) return true;
      await redis.eval(giveBackScript, 3, ...keys, grant.id);
      return false;
    },
    async settle(grant, answer) {
      const isGuess = answer === 'unlabelled';
      const used =
        answer === 'silent' ? -1 : isGuess ? perWindow : Math.max(answer.limit, perWindow) - answer.remaining;
      await redis.eval(settleScript, 3, ...keys, grant.id, used, randomUUID(), guardedMs, isGuess ? 1 : 0);
    },
  };
}
