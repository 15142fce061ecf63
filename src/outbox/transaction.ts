import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import pRetry from 'p-retry';
import { type AfterCommit, collectMessages, committedOf } from './after-commit.ts';
import { isTransient, mayHaveCommitted } from '../mysql/faults.ts';
import { inTime } from '../process/deadline.ts';
import { openMint } from './ids.ts';
import type { Relay } from './relay.ts';

/** Does its work in one transaction on a fork of its own, READ COMMITTED as every session is; `after` hands out what leaves on commit. */
export type Transaction = <T>(work: (tx: EntityManager, after: AfterCommit) => Promise<T>) => Promise<T>;

/** MySQL did not finish in time. Whether it committed is not known. */
export class TransactionTimeout extends Error {
  override name = 'TransactionTimeout';
}

const defaultDeadlineMs = 8_000;

/**
 * Opens the way to write. The work may run again after a deadlock, a lost connection or on another server, so it must not touch
 * anything but `tx` and `after`; a lock wait ends its statement alone, the rest is rolled back because the transaction is given up.
 * A COMMIT that may have been carried out is never retried. A few events get their positions with it, unless the relay is behind.
 * @throws TransactionTimeout after `deadlineMs`; what is then under way ends by itself, and does not run again.
 */
export function openTransaction(
  orm: MikroORM,
  relay: Pick<Relay, 'notify' | 'isBehind'>,
  now: () => Date,
  deadlineMs: number = defaultDeadlineMs,
): Transaction {
  const mint = openMint();
  return async (work) => {
    const startedAt = performance.now();
    const { result, committed } = await inTime(
      deadlineMs,
      pRetry(() => attempt(orm, () => collectMessages(now, mint, relay.isBehind()), work), {
        retries: 6,
        minTimeout: 10,
        maxTimeout: 250,
        randomize: true,
        shouldRetry: ({ error }) => isTransient(error) && performance.now() - startedAt < deadlineMs,
      }),
      () => new TransactionTimeout(`MySQL did not finish within ${deadlineMs} ms`),
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
    const done = await orm.em.fork().transactional(async (tx) => {
      const { after, write } = collect();
      const result = await work(tx, after);
      await tx.flush();
      const written = await write(tx);
      isCommitting = true;
      return { result, written };
    });
    return { result: done.result, committed: await committedOf(done.written) };
  } catch (error) {
    if (isCommitting && mayHaveCommitted(error)) throw new CommitUnknown('lost while committing', { cause: error });
    throw error;
  }
}
