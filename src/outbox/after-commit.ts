import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import type { z } from 'zod';
import { EventLog, EventVersion, OutboxMessage } from '../entities/outbox.entity.ts';
import type { JobRequest } from '../jobs/define-job.ts';
import { insertRows } from '../mysql/rows.ts';
import type { EventDefinition } from '../streams/define-event.ts';
import { traceParent } from '../telemetry/traces.ts';

/** What leaves MySQL when, and only when, the transaction commits. */
export type AfterCommit = Readonly<{
  /** Adds the job once the transaction has committed, and returns the job's id at once. */
  enqueue<P extends z.ZodType>(job: JobRequest<P>, payload: z.input<P>): string;
  /** Appends the event to its stream once the transaction has committed. */
  publish<D extends z.ZodType>(event: EventDefinition<D>, subject: string, data: z.input<D>): void;
}>;

/** A row of the outbox. Rows of one transaction are in the order in which they were asked for. */
export type Message = Readonly<{
  id: string;
  name: string;
  stream: string | null;
  subject: string | null;
  version: number | null;
  body: string;
  trace: string | null;
  createdAt: Date;
  leaseUntil: Date;
}>;

/** How long the process that wrote or claimed a message may send it before others take over, ms. */
export const leaseMs = 4_000;

/** Collects messages of one transaction; `write` stores them in it, and returns them for the relay. */
export function collectMessages(now: () => Date) {
  const messages: Omit<Message, 'version' | 'leaseUntil'>[] = [];
  const collect = (name: string, stream: string | null, subject: string | null, body: unknown) => {
    const id = randomUUIDv7();
    messages.push({
      id,
      name,
      stream,
      subject,
      body: JSON.stringify(body),
      trace: traceParent() ?? null,
      createdAt: now(),
    });
    return id;
  };
  const after: AfterCommit = {
    enqueue: (job, payload) => collect(job.kind, null, null, job.payload.parse(payload)),
    publish: (event, subject, data) => void collect(event.type, event.stream.name, subject, event.data.parse(data)),
  };
  return { after, write: (tx: EntityManager) => write(tx, messages, new Date(now().getTime() + leaseMs)) };
}

async function write(
  tx: EntityManager,
  messages: readonly Omit<Message, 'version' | 'leaseUntil'>[],
  leaseUntil: Date,
): Promise<Message[]> {
  const rows: Message[] = [];
  for (const message of messages) {
    const { stream, subject } = message;
    const version = stream === null || subject === null ? null : await nextVersion(tx, stream, subject);
    rows.push({ ...message, version, leaseUntil });
  }
  await insertRows(tx, OutboxMessage, rows);
  await insertRows(tx, EventLog, rows.flatMap(toLog));
  return rows;
}

/** What stays of an event when it has left the outbox. */
function toLog({ id, name: type, stream, subject, version, body: data, createdAt: at }: Message) {
  return stream === null || subject === null || version === null
    ? []
    : [{ id, stream, type, subject, version, data, at }];
}

async function nextVersion(tx: EntityManager, stream: string, subject: string): Promise<number> {
  const { tableName } = tx.getMetadata(EventVersion);
  const { affectedRows, insertId } = await tx.execute<{ affectedRows: number; insertId: number }>(
    `insert into ${tableName} (stream, subject, version) values (?, ?, 1)
     on duplicate key update version = last_insert_id(version + 1)`,
    [stream, subject],
    'run',
  );
  return affectedRows === 1 ? 1 : insertId;
}
