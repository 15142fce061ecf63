import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import pRetry from 'p-retry';
import { type AfterCommit, collectMessages } from './after-commit.ts';
import { openMint } from './ids.ts';
import type { Relay } from './relay.ts';

/** Does its work in one transaction on a fork of its own, READ COMMITTED as every session is; `after` hands out what leaves on commit. */
export type Transaction = <T>(work: (tx: EntityManager, after: AfterCommit) => Promise<T>) => Promise<T>;

/** MySQL did not finish in time. Whether it committed is not known. */
export class TransactionTimeout extends Error {
  override name = 'TransactionTimeout';
}

const defaultDeadlineMs = 8_000;
// Deadlock, lock wait, changed since read, and a connection lost on the way: nothing was committed. A lock wait ends its
// statement alone; the rest is rolled back because the transaction is given up.
const harmless = new Set([1213, 1205, 1020]);
const lostConnection = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ER_SERVER_SHUTDOWN',
  // MySQL's last word to a session that has been silent for too long; MariaDB says none.
  'ER_CLIENT_INTERACTION_TIMEOUT',
]);

/**
 * Opens the way to write. The work may run again after a deadlock or a lost connection, so it must not touch anything
 * but `tx` and `after`. A connection lost during COMMIT is never retried: it may have committed.
 * @throws TransactionTimeout after `deadlineMs`; what is then under way ends by itself, and does not run again.
 */
export function openTransaction(
  orm: MikroORM,
  relay: Pick<Relay, 'notify'>,
  now: () => Date,
  deadlineMs: number = defaultDeadlineMs,
): Transaction {
  const mint = openMint();
  return async (work) => {
    const startedAt = performance.now();
    const { result, committed } = await inTime(
      deadlineMs,
      pRetry(() => attempt(orm, () => collectMessages(now, mint), work), {
        retries: 6,
        minTimeout: 10,
        maxTimeout: 250,
        randomize: true,
        shouldRetry: ({ error }) => isTransient(error) && performance.now() - startedAt < deadlineMs,
      }),
    );
    relay.notify(committed);
    return result;
  };
}

/** A commit whose outcome is not known, because the connection was lost while it was under way. */
export class CommitUnknown extends Error {
  override name = 'CommitUnknown';
}

type Collected = ReturnType<typeof collectMessages>;

async function attempt<T>(
  orm: MikroORM,
  collect: () => Collected,
  work: (tx: EntityManager, after: AfterCommit) => Promise<T>,
) {
  let isCommitting = false;
  try {
    return await orm.em.fork().transactional(async (tx) => {
      const { after, write } = collect();
      const result = await work(tx, after);
      const committed = await write(tx);
      await tx.flush();
      isCommitting = true;
      return { result, committed };
    });
  } catch (error) {
    if (isCommitting && isLostConnection(error)) throw new CommitUnknown('lost while committing', { cause: error });
    throw error;
  }
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('errno' in error && harmless.has(Number(error.errno))) || isLostConnection(error) || isClosedConnection(error)
  );
}

/** Whether it was MySQL that could not be reached or went away, whatever was to be done. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isLostConnection(error) || isClosedConnection(error)) return true;
  return 'code' in error && /^(E[A-Z]+|PROTOCOL_\w+)$/.test(String(error.code));
}

function isLostConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lostConnection.has(String(error.code));
}

// The driver refuses to send on a connection that it has seen closing, without a code. Nothing was sent, not even a COMMIT.
function isClosedConnection(error: Error): boolean {
  return error.message.includes('connection is in closed state');
}

async function inTime<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new TransactionTimeout(`MySQL did not finish within ${deadlineMs} ms`)),
    deadlineMs,
  );
  work.catch(() => {});
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
