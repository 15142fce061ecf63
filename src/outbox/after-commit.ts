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
  const events = messages.flatMap(({ stream, subject }) =>
    stream === null || subject === null ? [] : [{ stream, subject }],
  );
  const next = await takeVersions(tx, events);
  const rows = messages.map((message): Message => {
    const { stream, subject } = message;
    return { ...message, version: stream === null || subject === null ? null : next(stream, subject), leaseUntil };
  });
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

type About = Readonly<{ stream: string; subject: string }>;
const keyOf = (stream: string, subject: string) => `${stream} ${subject}`;

/**
 * Takes a version for each of these events, and returns what gives them out in order. Locks the subjects in one order, so
 * that transactions about the same ones wait for each other and no more.
 */
async function takeVersions(tx: EntityManager, events: readonly About[]) {
  const counts = [...Map.groupBy(events, ({ stream, subject }) => keyOf(stream, subject)).entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, [about, ...more]]) => (about ? [{ key, ...about, count: more.length + 1 }] : []));
  const last = await raise(tx, counts);
  const next = new Map(counts.map(({ key, count }) => [key, (last.get(key) ?? count) - count]));
  return (stream: string, subject: string): number => {
    const version = (next.get(keyOf(stream, subject)) ?? 0) + 1;
    next.set(keyOf(stream, subject), version);
    return version;
  };
}

/** Raises the last version of each subject, and returns what it is now; of subjects that are new it is their count. */
async function raise(
  tx: EntityManager,
  counts: readonly (About & Readonly<{ key: string; count: number }>)[],
): Promise<ReadonlyMap<string, number>> {
  const [only] = counts;
  if (!only) return new Map();
  const { tableName } = tx.getMetadata(EventVersion);
  const { affectedRows, insertId } = await tx.execute<{ affectedRows: number; insertId: number }>(
    `insert into ${tableName} (stream, subject, version) values ${counts.map(() => '(?, ?, ?)').join(', ')}
     on duplicate key update version = last_insert_id(version + values(version))`,
    counts.flatMap(({ stream, subject, count }) => [stream, subject, count]),
    'run',
  );
  // MySQL counts a row that was there as two.
  if (affectedRows === counts.length) return new Map();
  if (counts.length === 1) return new Map([[only.key, insertId]]);
  const rows = await tx.execute<{ stream: string; subject: string; version: number }[]>(
    `select stream, subject, version from ${tableName} where (stream, subject) in (${counts.map(() => '(?, ?)').join(', ')})`,
    counts.flatMap(({ stream, subject }) => [stream, subject]),
  );
  return new Map(rows.map(({ stream, subject, version }) => [keyOf(stream, subject), version]));
}
