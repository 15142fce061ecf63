import type { Redis } from '../../redis/client.ts';
import { z } from 'zod';
import { type BudgetLimits, budgetKeys, budgetScript } from './budget-memory.ts';

/** One of the plan's two windows; moments are UNIX milliseconds. */
export type WindowState = Readonly<{
  name: 'minute' | 'second';
  windowMs: number;
  limit: number;
  used: number;
  /** Calls that only people may make at present. */
  reserved: number;
  /** When its oldest call is forgotten. */
  resetsAtMs: number | undefined;
}>;

/** What has been used of the plan, and why nothing may be used for now. */
export type BudgetState = Readonly<{
  windows: readonly WindowState[];
  /** Calls within the longer window by the first part of their names: for whom they were made. */
  usedBy: ReadonlyMap<string, number>;
  lastRefusal: Readonly<{ atMs: number; restMs: number }> | undefined;
  restingUntilMs: number | undefined;
}>;

const view = budgetScript('view', ['log', 'people', 'rest', 'refused', 'windowMs', 'mostOfWindow', 'mostOfSecond']);
const Seen = z.tuple([z.coerce.number(), z.array(z.string()), z.int(), z.int(), z.int(), z.string()]);

/** Reads the budget of a key, without taking anything. @throws when Redis is away. */
export async function readBudget(redis: Redis, limits: BudgetLimits): Promise<BudgetState> {
  const { key, perWindow, windowMs, perSecond, reserved = 0 } = limits;
  const mostKept = { mostOfWindow: reserved * perWindow, mostOfSecond: reserved * perSecond };
  const answer = await view(redis, { ...budgetKeys(key), windowMs, ...mostKept });
  const [nowMs, log, kept, keptInSecond, restMs, refusal] = Seen.parse(answer);
  const calls = log.flatMap((member, index) =>
    index % 2 === 0 ? [{ member, atMs: Math.min(nowMs, Number(log[index + 1])) }] : [],
  );
  const window = (name: WindowState['name'], ms: number, limit: number, left: number): WindowState => {
    const within = calls.filter(({ atMs }) => atMs > nowMs - ms);
    const oldest = within[0];
    const resetsAtMs = oldest ? oldest.atMs + ms : undefined;
    return { name, windowMs: ms, limit, used: within.length, reserved: left, resetsAtMs };
  };
  const usedBy = new Map<string, number>();
  for (const { member } of calls) {
    const [name = ''] = member.split(':');
    usedBy.set(name, (usedBy.get(name) ?? 0) + 1);
  }
  const [atMs, forMs] = refusal.split(':').map(Number);
  return {
    windows: [window('minute', windowMs, perWindow, kept), window('second', 1_000, perSecond, keptInSecond)],
    usedBy,
    lastRefusal: atMs && forMs ? { atMs, restMs: forMs } : undefined,
    restingUntilMs: restMs > 0 ? nowMs + restMs : undefined,
  };
}
