import { type EntityManager, raw, type RawQueryFragment } from '@mikro-orm/mysql';
import type { z } from 'zod';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import { jobData, type JobRequest } from '../jobs/define-job.ts';
import type { Tenant } from '../jobs/shares.ts';
import { insertRows } from '../mysql/rows.ts';
import type { EventDefinition } from '../streams/define-event.ts';
import { traceParent } from '../telemetry/traces.ts';
import type { Mint } from './ids.ts';
import type { Numbered, Unnumbered } from './numbering.ts';
import { positionedBy } from './positions.ts';
import { type NewEvent, writeEvents, type WrittenEvents } from './write-events.ts';

/** What leaves MySQL when, and only when, the transaction commits. */
export type AfterCommit = Readonly<{
  /** Adds the job once the transaction has committed, out of the tenant's share of its queue, and returns the job's id at once. */
  enqueue<P extends z.ZodType>(job: JobRequest<P>, payload: z.input<P>, tenant?: Tenant): string;
  /** Appends the event to its stream once the transaction has committed. */
  publish<D extends z.ZodType>(event: EventDefinition<D>, subject: string, data: z.input<D>): void;
}>;

/** A job in the outbox. */
export type Message = Readonly<{
  id: string;
  name: string;
  body: string;
  trace: string | null;
  createdAt: Date;
  leaseUntil: Date;
}>;

/** What a transaction has left to be sent: its jobs, which the process holds the lease of, and its events. */
export type Committed = Readonly<{ jobs: readonly Message[]; events: readonly (Unnumbered | Numbered)[] }>;

/** What a transaction has written; what of it is left to be sent is known after its commit. */
export type Written = WrittenEvents & Readonly<{ jobs: readonly Message[] }>;

/** What is left to be sent of what has been committed. */
export async function committedOf({ jobs, events, positions }: Written): Promise<Committed> {
  return { jobs, events: (positions && positionedBy(await positions.rows, events)) ?? events };
}

/** How long the process that wrote or claimed a message may send it before others take over, ms. */
export const leaseMs = 4_000;

/** The end of a lease that begins now, on the clock by which others look for leases that are over: the database's. */
export function leaseEnd(): RawQueryFragment {
  return raw(`utc_timestamp(3) + interval ${leaseMs * 1_000} microsecond`);
}

/**
 * Collects what any number of callers ask for in one transaction; `write` stores it there, as the last that it does, by a handful of
 * statements. A few events are given their positions there, too, unless others of the process wait for theirs.
 */
export function collectMessages(now: () => Date, mintId: Mint, isBehind: boolean) {
  const jobs: Omit<Message, 'leaseUntil'>[] = [];
  const events: NewEvent[] = [];
  const mint = () => ({ id: mintId(), trace: traceParent() ?? null });
  const after: AfterCommit = {
    enqueue(job, payload, tenant) {
      const body = JSON.stringify(jobData(job, job.payload.parse(payload), tenant));
      const message = { ...mint(), name: job.kind, body, createdAt: now() };
      jobs.push(message);
      return message.id;
    },
    publish({ stream, type, schema, data }, subject, given) {
      const about = { stream: stream.name, type, schema, subject, data: JSON.stringify(data.parse(given)), at: now() };
      events.push({ ...mint(), ...about });
    },
  };
  const write = async (tx: EntityManager): Promise<Written> => {
    // On the own clock, which alone this process looks at, it ends no later.
    const leaseUntil = new Date(now().getTime() + leaseMs);
    await insertRows(
      tx,
      OutboxMessage,
      jobs.map((job) => ({ ...job, leaseUntil: leaseEnd() })),
    );
    const written = await writeEvents(tx, events, isBehind);
    return { ...written, jobs: jobs.map((job) => ({ ...job, leaseUntil })) };
  };
  return { after, write };
}
