import { setTimeout as pause } from 'node:timers/promises';
import { CannotStart } from '../errors.ts';
import { numberOf } from './error-number.ts';

/**
 * How long a statement of a migration waits for a table, s. Whoever asks for the table after it waits behind it, so that it has to be less
 * than what requests are refused for.
 */
export const tableWaitSeconds = 2;
// Whoever stood behind the statement is served meanwhile. The server would end a session that is silent for twice as long.
const pauseMs = 5_000;
// A dump may take that long; a client that somebody has left open takes longer.
const longestMs = 600_000;

/** What is waited for: of which migration, for whose table; each try that was in vain is told. */
export type Wanted = Readonly<{
  migration: string;
  table: string | undefined;
  tell: (line: string) => void;
  longestMs?: number | undefined;
}>;

const lockWaitTimeout = 1205;

/**
 * Carries out what needs a table that others may hold, again and again until they have let go of it. What was refused for the wait must
 * have changed nothing.
 * @throws CannotStart when they hold it for ten minutes.
 */
export async function whenFree<T>(work: () => Promise<T>, wanted: Wanted): Promise<T> {
  const sinceMs = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (numberOf(error) !== lockWaitTimeout) throw error;
      if (performance.now() - sinceMs >= (wanted.longestMs ?? longestMs)) throw givenUp(wanted, error);
      wanted.tell(
        `${wanted.migration} waits for ${named(wanted)}: a dump, a client with an open transaction or another session holds it, or what ` +
          'it refers to; `show full processlist` names that session, and `kill` ends it',
      );
      await pause(pauseMs);
    }
  }
}

function givenUp(wanted: Wanted, cause: unknown): CannotStart {
  return new CannotStart(
    `${wanted.migration} has waited for ${named(wanted)} for ten minutes: another session holds it, or what it refers to. End that one ` +
      '(`show full processlist` names it, and `kill` ends it) and migrate again: it goes on where it has stopped, and nothing is lost.',
    { cause },
  );
}

function named({ table }: Wanted): string {
  return table === undefined ? 'rows that it changes' : `the table '${table}'`;
}
