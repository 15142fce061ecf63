import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EntityManager, type MikroORM, raw } from '@mikro-orm/mysql';
import { EventLog, OutboxMessage } from '../entities/outbox.entity.ts';
import { endsTooLate } from '../mysql/ends-too-late.ts';
import type { Log } from '../process/log.ts';
import { leaseEnd, type Message } from './after-commit.ts';
import type { Relay } from './relay.ts';

const claimLimit = 200;
const pauseMs = 1_000;
const isOver = `(lease_until < utc_timestamp(3) or ${endsTooLate('lease_until')})`;

/**
 * Claims up to 200 jobs whose lease has run out, the longest first, sends them, and returns how many it claimed.
 * Safe in any number of processes. A crash can send one twice, with the same id.
 */
export async function sweepOnce(orm: MikroORM, relay: Pick<Relay, 'send'>): Promise<number> {
  const jobs = await claim(orm);
  if (jobs.length > 0) await relay.send(jobs);
  return jobs.length;
}

/** Sweeps for ever, at a pause that no two processes share, until the signal aborts: jobs, and events that were left. */
export async function sweepUntil(signal: AbortSignal, orm: MikroORM, relay: Relay, log: Log): Promise<void> {
  while (!signal.aborted) {
    const failed = (error: unknown) => {
      log.warn({ err: error }, 'outbox: a sweep failed and will be tried again');
      return 0;
    };
    const left = await lookForLeft(orm.em.fork()).catch((error: unknown) => void failed(error));
    // What keeps jobs from their queues keeps no event from its position.
    const [claimed] = await Promise.all([
      left?.hasJobs ? sweepOnce(orm, relay).catch(failed) : 0,
      left?.hasEvents ? relay.announce().catch(failed) : 0,
    ]);
    if (claimed < claimLimit) await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
}

/** Whether anything has been left, by one statement: as a rule nothing has. */
async function lookForLeft(em: EntityManager): Promise<Readonly<{ hasJobs: boolean; hasEvents: boolean }>> {
  const [row] = await em.execute<Record<'has_jobs' | 'has_events', number | string>[]>(
    `select exists (select 1 from ${em.getMetadata(OutboxMessage).tableName} where ${isOver}) as has_jobs,
       exists (select 1 from ${em.getMetadata(EventLog).tableName} where position is null) as has_events`,
  );
  return { hasJobs: Number(row?.has_jobs) === 1, hasEvents: Number(row?.has_events) === 1 };
}

/**
 * Takes the leases over by one guarded update under a token of its own: whoever else has seen the same messages gets none of them,
 * whatever the server makes of locks. Leases are counted on the database's clock: processes may disagree about the time.
 */
async function claim(orm: MikroORM): Promise<Message[]> {
  const em = orm.em.fork();
  const isDue = () => ({ [raw(isOver)]: [] });
  const due = await em.find(OutboxMessage, isDue(), {
    fields: ['id'],
    orderBy: { leaseUntil: 'asc' },
    limit: claimLimit,
    disableIdentityMap: true,
  });
  if (due.length === 0) return [];
  const [ids, token] = [{ $in: due.map(({ id }) => id).toSorted() }, randomUUIDv7()];
  await em.nativeUpdate(OutboxMessage, { id: ids, ...isDue() }, { claim: token, leaseUntil: leaseEnd() });
  const rows = await em.find(
    OutboxMessage,
    { id: ids, claim: token },
    { orderBy: { id: 'asc' }, disableIdentityMap: true },
  );
  return rows.map(({ trace = null, ...row }) => ({ ...row, trace }));
}
