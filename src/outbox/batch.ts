import { AsyncResource } from 'node:async_hooks';
import type { EntityManager } from '@mikro-orm/mysql';
import { overloaded } from '../errors.ts';
import { openOwnClock, type OwnClock } from '../process/own-clock.ts';
import { batches } from '../telemetry/measures.ts';
import type { AfterCommit } from './after-commit.ts';
import { isAway } from '../mysql/faults.ts';
import { CommitUnknown, type Transaction, TransactionTimeout } from './transaction.ts';

/** One of those whose work commits together. What concerns it alone, as its trace, is done `within` its own context. */
export type Member<Given> = Readonly<{ given: Given; within: <T>(work: () => T) => T }>;

/** Work for all members in one transaction; what it returns for each is its outcome, an error a refusal of it alone. */
export type BatchWork<Given, Outcome> = (
  tx: EntityManager,
  after: AfterCommit,
  members: readonly Member<Given>[],
) => Promise<readonly (Outcome | Error)[]>;

/** Hands work in, and resolves with its outcome once the batch that it was in has committed. @throws what it was refused with. */
export type Batch<Given, Outcome> = (given: Given) => Promise<Outcome>;

/**
 * What is measured by this name, the most that one batch holds, members and of what each weighs, and for how long somebody may
 * wait before newcomers are refused.
 */
export type BatchLimits<Given> = Readonly<{
  name: string;
  members: number;
  weight?: number;
  weigh?(given: Given): number;
  waitMs?: number;
}>;

type Waiting<Given, Outcome> = Member<Given> & Readonly<{ end: PromiseWithResolvers<Outcome>; sinceMs: number }>;

/**
 * Opens a group commit: what arrives while a batch commits is the next batch, and nobody waits for company. A batch that
 * cannot be committed as a whole is halved until the one that poisons it is alone; when MySQL is away, or does not say
 * whether it has committed, all of it is told so. By `openClock` is told how long somebody waits, which is not the time in which this
 * process stood still and could commit nothing.
 */
export function openBatch<Given, Outcome>(
  transaction: Transaction,
  work: BatchWork<Given, Outcome>,
  limits: BatchLimits<Given>,
  openClock: () => Pick<OwnClock, 'elapsedMs' | 'close'> = openOwnClock,
): Batch<Given, Outcome> {
  const waiting: Waiting<Given, Outcome>[] = [];
  // Open as long as somebody waits.
  let clock: ReturnType<typeof openClock> | undefined;

  const commit = async (members: readonly Waiting<Given, Outcome>[]): Promise<void> => {
    try {
      const outcomes = await transaction(async (tx, after) => {
        const all = await work(tx, after, members);
        if (all.length !== members.length) throw new TypeError('a batch has one outcome for each of its members');
        return all;
      });
      for (const [index, outcome] of outcomes.entries()) conclude(members[index]?.end, outcome);
    } catch (error) {
      if (members.length === 1 || concernsAll(error)) {
        for (const { end } of members) end.reject(error);
        return;
      }
      const half = Math.ceil(members.length / 2);
      await commit(members.slice(0, half));
      await commit(members.slice(half));
    }
  };
  const drain = async () => {
    // The next turn of the loop: what has arrived in this one goes together.
    await nextTurn();
    while (waiting.length > 0) {
      const members = waiting.splice(0, fitting(waiting, limits));
      await commit(members);
      batches.note({ batch: limits.name, members: members.length });
      // In one turn all that follows from these ends is sent; in the next what has come back meanwhile is read.
      await nextTurn();
      await nextTurn();
    }
    clock = clock?.close();
  };
  return async (given) => {
    const isFirst = clock === undefined;
    clock ??= openClock();
    const sinceMs = clock.elapsedMs();
    const longestMs = sinceMs - (waiting[0]?.sinceMs ?? sinceMs);
    if (limits.waitMs !== undefined && longestMs > limits.waitMs) throw overloaded();
    const end = Promise.withResolvers<Outcome>();
    const context = new AsyncResource(limits.name);
    waiting.push({ given, within: (inside) => context.runInAsyncScope(inside), end, sinceMs });
    if (isFirst) void drain();
    return end.promise;
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The outcome of one member, or the error that refuses it. */
export async function alone<Given, Outcome>(
  work: (members: readonly Member<Given>[]) => Promise<readonly (Outcome | Error)[]>,
  given: Given,
): Promise<Outcome> {
  const end = Promise.withResolvers<Outcome>();
  for (const outcome of await work([{ given, within: (inside) => inside() }])) conclude(end, outcome);
  return end.promise;
}

/** What the work of one member comes to, its refusal included. */
export function outcomeOf<Outcome>(work: () => Outcome): Outcome | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function conclude<Outcome>(end: PromiseWithResolvers<Outcome> | undefined, outcome: Outcome | Error): void {
  if (outcome instanceof Error) end?.reject(outcome);
  else end?.resolve(outcome);
}

function fitting<Given>(waiting: readonly Member<Given>[], { members, weight = 0, weigh }: BatchLimits<Given>): number {
  let total = 0;
  for (const [index, { given }] of waiting.slice(0, members).entries()) {
    total += weigh?.(given) ?? 0;
    if (total > weight && index > 0 && weigh) return index;
  }
  return Math.min(waiting.length, members);
}

function concernsAll(error: unknown): boolean {
  return error instanceof CommitUnknown || error instanceof TransactionTimeout || isAway(error);
}
