import { hash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { WatchedSymbol } from '../entities/market.entity.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { latestBelieved } from './copy.ts';

/** A plan's calls in a window. */
export type CallPlan = Readonly<{ perWindow: number; windowMs: number }>;

/** The part of a plan that no watchlist may use: it is for people. */
export const shareForPeople = 0.2;

/** The longest a cadence may be. */
export const mostEverySeconds = 86_400;

/**
 * How often each of `count` symbols is polled unless somebody says otherwise, so that all of them together use at most
 * half of the plan: there is room for more symbols, and for people. Never more often than a copy gets old.
 */
export function usualEverySeconds(count: number, { perWindow, windowMs }: CallPlan, freshSeconds: number): number {
  return Math.max(Math.ceil((2 * windowMs * count) / perWindow / 1_000), freshSeconds, 1);
}

/** The calls a window that polling takes, and those that it may take. */
export function pollingIn(cadences: readonly number[], { perWindow, windowMs }: CallPlan) {
  const calls = cadences.reduce((sum, everySeconds) => sum + windowMs / (everySeconds * 1_000), 0);
  return { calls, mostCalls: perWindow * (1 - shareForPeople) };
}

// Fractions are rounded, and so are their sums: cadences that fill the plan to the last call would be a billionth of a billionth
// over it. So much more is a call in thousands of years.
const roundedBy = 1e-12;

/** Whether polling takes more than it may. */
export function isOverPlan(cadences: readonly number[], plan: CallPlan): boolean {
  return leftOf(cadences, plan) < 0;
}

/** The shortest cadence, in seconds, that fits beside the others; undefined when none does. */
export function fittingSeconds(others: readonly number[], plan: CallPlan): number | undefined {
  const left = leftOf(others, plan);
  const everySeconds = Math.max(1, Math.ceil(plan.windowMs / left / 1_000));
  return left > 0 && everySeconds <= mostEverySeconds ? everySeconds : undefined;
}

/** The shortest cadence, in seconds, at which so many symbols fit. */
export function fittingAll(count: number, plan: CallPlan): number {
  return Math.max(1, Math.ceil((count * plan.windowMs) / leftOf([], plan) / 1_000));
}

/** The calls a window that polling leaves of those that it may take. */
function leftOf(cadences: readonly number[], plan: CallPlan): number {
  const { calls, mostCalls } = pollingIn(cadences, plan);
  return mostCalls * (1 + roundedBy) - calls;
}

/** A symbol and how often it is polled. */
export type Paced = Readonly<{ symbol: string; everySeconds: number }>;

/**
 * How long after each multiple of the cadence since 1970 a slot of this symbol begins, ms. It follows from the name, so
 * that every process knows it, and that symbols of one cadence do not all come at once.
 */
export function slotOffsetMs({ symbol, everySeconds }: Paced): number {
  // Never zero: BullMQ takes that for no offset at all, and would begin a slot at any moment.
  return 1 + (hash('sha256', symbol, 'buffer').readUInt32BE() % (everySeconds * 1_000 - 1));
}

/** When the slot began in which the moment lies, UNIX milliseconds. */
export function slotBegan(paced: Paced, nowMs: number): number {
  const [everyMs, offsetMs] = [paced.everySeconds * 1_000, slotOffsetMs(paced)];
  return Math.floor((nowMs - offsetMs) / everyMs) * everyMs + offsetMs;
}

/** When a symbol is polled next, UNIX milliseconds: at its next slot, or the first after `restsUntilMs`. */
export function nextPoll(paced: Paced, nowMs: number, restsUntilMs = 0): number {
  const everyMs = paced.everySeconds * 1_000;
  const next = slotBegan(paced, nowMs) + everyMs;
  return next + Math.max(0, Math.ceil((restsUntilMs - next) / everyMs)) * everyMs;
}

/**
 * When a symbol was last polled, UNIX milliseconds; 0 for never, and where that lies in the future: the clock was ahead by which it was
 * claimed, and polling would stand still until it has come so far again.
 */
export function lastPolledMs({ polledAt }: Readonly<{ polledAt?: Date | null | undefined }>, present: Date): number {
  const atMs = polledAt?.getTime() ?? 0;
  return atMs > latestBelieved(present) ? 0 : atMs;
}

/** A poll's right to call: when it was before, and from when on it is taken. */
export type Claim = Readonly<{ symbol: string; before: Date | null; at: Date }>;

/**
 * Takes the one call that polling may make for a symbol in the slot that lasts; undefined when it has been made, may be
 * under way, or was lost with its process, and when the symbol is no longer watched. It is committed before the call, so that
 * neither a job that runs twice nor a lost Redis makes a second. `present` is a clock that all processes share: one that is ahead
 * by itself would keep the slots to come from the others.
 */
export async function claimPoll(
  transaction: Transaction,
  symbol: string,
  present: (em: EntityManager) => Promise<Date>,
): Promise<Claim | undefined> {
  return transaction(async (tx) => {
    const watched = await tx.findOne(WatchedSymbol, { symbol }, { disableIdentityMap: true });
    if (!watched) return undefined;
    const at = await present(tx);
    const before = watched.polledAt ?? null;
    if (lastPolledMs(watched, at) >= slotBegan(watched, at.getTime())) return undefined;
    const taken = await tx.nativeUpdate(WatchedSymbol, { symbol, polledAt: before }, { polledAt: at });
    return taken === 1 ? { symbol, before, at } : undefined;
  });
}

/** Gives a claim back with which no call was made. */
export async function returnClaim(transaction: Transaction, { symbol, before, at }: Claim): Promise<void> {
  await transaction((tx) => tx.nativeUpdate(WatchedSymbol, { symbol, polledAt: at }, { polledAt: before }));
}
