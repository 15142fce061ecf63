import type { Redis } from '../../redis/client.ts';
import { budgetKeys } from './budget-memory.ts';

/** What a key's plan is known not to include: the provider has said so, and is not asked again for a day. */
export type Plan = Readonly<{
  /** Whether the call is known to be outside the plan; nothing is known while Redis is away. */
  isOutside(call: string): Promise<boolean>;
  /** The provider has refused the call for the plan's sake. */
  remember(call: string): Promise<void>;
}>;

/** How long a refusal is remembered. A plan changes when someone pays for another; a new key starts anew. */
export const refusedSeconds = 86_400;

/** The name of a call: its endpoint, and the symbol where there is one, for plans include some exchanges and not others. */
export function callName(path: string, symbol?: string): string {
  return symbol === undefined ? path : `${path}?${symbol}`;
}

/** Opens the memory of one key's plan. */
export function openPlan(redis: Redis, key: string): Plan {
  const { outside } = budgetKeys(key);
  return {
    isOutside: (call) =>
      redis.exists(outside + call).then(
        (count) => count === 1,
        () => false,
      ),
    // Forgotten with Redis, it costs one call.
    remember: async (call) => void (await redis.set(outside + call, 1, 'EX', refusedSeconds).catch(() => null)),
  };
}
