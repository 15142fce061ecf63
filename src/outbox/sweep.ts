import { setTimeout as sleep } from 'node:timers/promises';
import { type MikroORM, type RawQueryFragment, raw } from '@mikro-orm/mysql';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import type { Log } from '../process/log.ts';
import { leaseMs, type Message } from './after-commit.ts';
import type { Relay } from './relay.ts';

const claimLimit = 200;
const pauseMs = 500;

/**
 * Claims up to 200 messages whose lease has run out, the longest first, sends them, and returns how many it claimed.
 * Safe in any number of processes. A crash can send one twice, with the same id.
 */
export async function sweepOnce(orm: MikroORM, relay: Relay): Promise<number> {
  const messages = await claim(orm);
  if (messages.length > 0) await relay.send(messages);
  return messages.length;
}

/** Sweeps for ever, at a pause that no two processes share, until the signal aborts. */
export async function sweepUntil(signal: AbortSignal, orm: MikroORM, relay: Relay, log: Log): Promise<void> {
  while (!signal.aborted) {
    let claimed = 0;
    try {
      claimed = await sweepOnce(orm, relay);
    } catch (error) {
      log.warn({ err: error }, 'outbox: a sweep failed and will be tried again');
    }
    if (claimed < claimLimit) await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
}

// Leases are counted on the database's clock where they are taken over: processes may disagree about the time.
async function claim(orm: MikroORM): Promise<Message[]> {
  const em = orm.em.fork();
  return em.transactional(
    async (tx) => {
      const { tableName } = tx.getMetadata(OutboxMessage);
      // Read in the index's own order: a sort would lock all that is due, and leave nothing to a second sweep.
      const due = await tx.execute<{ id: string }[]>(
        `select id from ${tableName} force index (${tableName}_lease_until_index) where lease_until < utc_timestamp(3)
         order by lease_until, id limit ${claimLimit} for update skip locked`,
      );
      if (due.length === 0) return [];
      const ids = due.map(({ id }) => id);
      const leaseUntil: RawQueryFragment = raw(`utc_timestamp(3) + interval ${leaseMs * 1_000} microsecond`);
      await tx.nativeUpdate(OutboxMessage, { id: { $in: ids } }, { leaseUntil });
      const rows = await tx.find(
        OutboxMessage,
        { id: { $in: ids } },
        { orderBy: { id: 'asc' }, disableIdentityMap: true },
      );
      return rows.map(({ stream = null, subject = null, version = null, trace = null, ...row }) => ({
        ...row,
        stream,
        subject,
        version,
        trace,
      }));
    },
    // REPEATABLE READ would lock the gaps between rows, and every order's insert would wait for the sweep.
    { isolationLevel: 'read committed' },
  );
}
