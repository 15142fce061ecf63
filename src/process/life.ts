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
 * Ends a start. What Node has compiled goes into its cache, if it has one: left to itself it does so at the end, which a kill
 * takes away. And what only the start has needed is freed: an idle process would keep it for as long as it is idle.
 */
export function finishStart(): void {
  flushCompileCache();
  // Node offers no other way to ask for it without a flag on the command line.
  setFlagsFromString('--expose-gc');
  runInNewContext("gc({ type: 'major', execution: 'async', flavor: 'last-resort' })");
  setFlagsFromString('--no-expose-gc');
}

/**
 * Ends the process on SIGTERM or SIGINT: `close` gets SHUTDOWN_SECONDS, then the process ends without it (exit 1),
 * because closing waits for ever while Redis is away.
 */
export function onShutdown(config: Config, log: Log, close: () => Promise<void>): void {
  let isClosing = false;
  const shutDown = () => {
    if (isClosing) return;
    isClosing = true;
    setTimeout(() => {
      log.warn('closing took too long; ending without it');
      process.exit(1);
    }, config.SHUTDOWN_SECONDS * 1_000);
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'closing failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
}

/** Logs a promise that has failed and that nobody listens to. It is a fault, but none to end what everybody else waits for. */
export function outliveRejections(log: Log): void {
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'a promise failed unheard'));
}
