import { hash } from 'node:crypto';
import type { Redis } from '../../redis/client.ts';
import { z } from 'zod';
import { loadScript, type Script } from '../../redis/scripts.ts';
import { watchMaster } from '../../redis/watch-master.ts';

/** The key and what its plan allows; `reserved` is the part, from 0 to 1, of both windows that is kept for people. */
export type BudgetLimits = Readonly<{
  key: string;
  perWindow: number;
  windowMs: number;
  perSecond: number;
  reserved?: number;
}>;

/** Where Redis keeps the budget of a key, which is itself kept nowhere: all in one slot of a cluster. */
export function budgetKeys(key: string) {
  const tag = `{finnhub:${hash('sha256', key).slice(0, 8)}}`;
  return {
    log: `${tag}:log`,
    epoch: `${tag}:epoch`,
    probe: `${tag}:probe`,
    since: `${tag}:since`,
    people: `${tag}:people`,
    waiting: `${tag}:waiting`,
    pace: `${tag}:pace`,
    rest: `${tag}:rest`,
    refused: `${tag}:refused`,
    /** To be followed by the name of a call. */
    outside: `${tag}:outside:`,
  } as const;
}

/** What one process remembers of the budget's log, to put it back when Redis has lost it. */
export type BudgetMemory = Readonly<{
  /** Asks a script that answers as take.lua does, and returns the wait, ms; what was lost is put back first. */
  ask(script: (epoch: string) => Promise<unknown>): Promise<number>;
  /** How long this process should make no call: others may not have put back yet what they remember. */
  holdMs(): number;
  /** Notes what hear.lua has answered for a call: it counts from then on and not from when it can have come at the latest. */
  heard(id: string, atMs: unknown): void;
}>;

/** Where the log is, and for how long and how often it is looked at after this process has asked last. */
export type Remembering = Readonly<{
  keys: Readonly<{ log: string; epoch: string; since: string }>;
  guardedMs: number;
  lookEveryMs: number;
}>;

/** A script of the budget. */
export function budgetScript<const Name extends string>(name: string, names: readonly Name[]): Script<Name> {
  return loadScript(new URL(`./budget/${name}.lua`, import.meta.url), names);
}

const look = budgetScript('look', ['log', 'epoch', 'since', 'knownEpoch']);
const restore = budgetScript('restore', ['log', 'windowMs', 'remembered']);

// What the scripts answer: verdict, its epoch or wait, and the log as member, score, member, score …
const Taken = z.tuple([z.enum(['restore', 'wait', 'go']), z.string(), z.array(z.string()).optional()]);

// Members and scores, in turn, that go back in one call: a plan may be too large for all of them to be the arguments of one.
const mostRestored = 10_000;

// Connections come back within half a second of each other.
const holdAfterOutageMs = 1_000;

async function putBack(
  redis: Redis,
  into: Readonly<{ log: string; windowMs: number }>,
  log: readonly string[],
): Promise<void> {
  for (let from = 0; from < log.length; from += mostRestored)
    await restore(redis, { ...into, remembered: log.slice(from, from + mostRestored) });
}

/** How often Redis has been away, after which it may lack what it was told last; and for how long nobody should believe its log. */
type Outages = Readonly<{ note(): void; count(): number; holdMs(): number }>;

function watchOutages(redis: Redis, key: string): Outages {
  let outages = 0;
  let holdUntilMs = 0;
  const note = () => {
    outages += 1;
    holdUntilMs = performance.now() + holdAfterOutageMs;
  };
  const hasMoved = watchMaster(redis, key);
  const noteMove = () => {
    if (hasMoved()) note();
  };
  // A cluster looks again and again who holds what, and stays ready when it is another.
  redis.on('refresh', noteMove);
  return {
    note,
    count() {
      noteMove();
      return outages;
    },
    holdMs: () => Math.max(0, Math.ceil(holdUntilMs - performance.now())),
  };
}

/** Opens the memory. As long as its last call counts, the process keeps looking, to remember what others do too. */
export function openBudgetMemory(redis: Redis, { keys, guardedMs, lookEveryMs }: Remembering): BudgetMemory {
  const outages = watchOutages(redis, keys.log);
  let epoch = '';
  let log: string[] = [];
  let remindedAfter = 0;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const ask = async (script: (epoch: string) => Promise<unknown>): Promise<number> => {
    const before = outages.count();
    // A Redis that came back may have lost its last second: until that is over, what is remembered is put back each time.
    let known = outages.holdMs() > 0 || remindedAfter < before ? '' : epoch;
    for (;;) {
      const [verdict, detail, seen = []] = Taken.parse(await script(known));
      // Asked before an outage and answered after it: what that log lacks is put back first. A grant in it counts all the same.
      if (outages.count() > before) return ask(script);
      if (verdict !== 'restore') {
        [epoch, log, remindedAfter] = [known, seen, before];
        return verdict === 'wait' ? Number(detail) : 0;
      }
      await putBack(redis, { log: keys.log, windowMs: guardedMs }, log);
      known = detail || 'unknown';
    }
  };
  // What cannot be looked at now is at the next look.
  const lookAgain = () => void ask((knownEpoch) => look(redis, { ...keys, knownEpoch })).catch(() => {});
  let looking: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(looking);
    looking = undefined;
  };
  const lookIfDue = () => {
    if (performance.now() - askedAtMs > guardedMs) stop();
    else if (redis.status === 'ready') lookAgain();
  };
  redis.once('end', stop);
  let isFirst = redis.status !== 'ready';
  redis.on('ready', () => {
    if (!isFirst) outages.note();
    isFirst = false;
    // On a first start too: whoever may have something to put back is waited for from now on, not from the first call on.
    lookAgain();
  });
  return {
    ask(script) {
      askedAtMs = performance.now();
      looking ??= setInterval(lookIfDue, lookEveryMs).unref();
      return ask(script);
    },
    holdMs: outages.holdMs,
    heard(id, atMs) {
      const place = log.indexOf(id);
      if (place >= 0) log[place + 1] = String(atMs);
    },
  };
}
