import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Config } from '../config.ts';
import type { Log } from './log.ts';

/** Does one step of a start; a failure ends the process with its reason. */
export async function startWith<T>(step: () => Promise<T>): Promise<T> {
  return step().catch(refuse);
}

/** Errors whose message is all that somebody needs; of others it matters where they come from. */
const forPeople: ReadonlySet<string> = new Set(['BadConfig', 'BadDefinition', 'CannotStart']);

/** Says on standard error why the process cannot start, and ends it. */
export function refuse(reason: unknown): never {
  const isForPeople = reason instanceof Error && forPeople.has(reason.name);
  process.stderr.write(`${isForPeople ? reason.message : reason instanceof Error ? reason.stack : String(reason)}\n`);
  process.exit(1);
}

/**
 * Ends a start: what Node has compiled goes into its cache, if it has one. Left to itself it does so at the end, which a kill takes
 * away.
 */
export function finishStart(): void {
  flushCompileCache();
  freeWhenIdle();
}

const lookMs = 5_000;
const idleShare = 0.2;
const worthBytes = 16 * 1_024 * 1_024;

/**
 * Frees what only the start has needed, and later what many requests or jobs have left behind: an idle process would keep it for as
 * long as it is idle. It stops everything for a fifth of a second, so that a process with work does so when it has none; until then
 * it uses that memory for its work.
 */
function freeWhenIdle(): void {
  let before = performance.eventLoopUtilization();
  let keptBytes = 0;
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > idleShare || process.memoryUsage.rss() < keptBytes + worthBytes) return;
    // Node offers no other way to ask for it without a flag on the command line.
    setFlagsFromString('--expose-gc');
    runInNewContext("gc({ type: 'major', execution: 'async', flavor: 'last-resort' })");
    setFlagsFromString('--no-expose-gc');
    // What it has freed shows when it is over; then this is what is looked at next time.
    keptBytes = Number.POSITIVE_INFINITY;
    setTimeout(() => (keptBytes = process.memoryUsage.rss()), 1_000).unref();
  }, lookMs).unref();
}

/**
 * How a process ends: `drain` says that it wants no more work, at once; `serveOn` resolves when nobody sends it any, at the latest
 * after so many ms; `close` ends what is under way, within so many ms.
 */
export type Ending = Readonly<{
  drain(): void;
  serveOn?(mostMs: number): Promise<void>;
  close(leftMs: number): Promise<void>;
}>;

// Of each second of SHUTDOWN_SECONDS, for a balancer to notice; a person who presses Ctrl-C balances nothing.
const mostOfSeconds = 400;

/**
 * Ends the process on SIGTERM or SIGINT, with exit 0 within SHUTDOWN_SECONDS. After a SIGTERM it goes on serving first,
 * so that nobody is sent to a closed port. What cannot be closed in time, because Redis or MySQL is away, is left: nothing that was
 * promised lives in the process alone.
 */
export function onShutdown({ SHUTDOWN_SECONDS }: Config, log: Log, { drain, serveOn, close }: Ending): void {
  let isClosing = false;
  const shutDown = async (signal: NodeJS.Signals) => {
    if (isClosing) return;
    isClosing = true;
    const totalMs = SHUTDOWN_SECONDS * 1_000;
    const beganAtMs = performance.now();
    setTimeout(() => {
      log.warn('closing took too long; ending without it');
      process.exit(0);
    }, totalMs);
    drain();
    if (signal === 'SIGTERM') await serveOn?.(SHUTDOWN_SECONDS * mostOfSeconds);
    await close(totalMs - (performance.now() - beganAtMs)).catch((error: unknown) =>
      log.error({ err: error }, 'closing failed'),
    );
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown(signal));
}

/** Logs a promise that has failed and that nobody listens to. It is a fault, but none to end what everybody else waits for. */
export function outliveRejections(log: Log): void {
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'a promise failed unheard'));
}
