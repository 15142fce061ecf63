import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { EventLog, OutboxMessage } from '../entities/outbox.entity.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import type { Envelope } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';

/** One event of the log. */
export type StreamRow = InferEntity<typeof EventLog>;
/** The `traceparent` of an event, while the outbox still has it. */
export type Trace = string | null | undefined;

const batch = 500;

/** What a stream may hold of its log, oldest first, by batches; with `since`, from that moment on. */
export async function* streamLog(
  em: EntityManager,
  { name, maxLength }: Stream,
  since?: Date,
): AsyncGenerator<readonly StreamRow[]> {
  const before = async (where: object, offset: number) => {
    const [row] = await em.find(
      EventLog,
      { stream: name, ...where },
      { orderBy: { position: 'desc' }, offset, limit: 1, fields: ['position'], disableIdentityMap: true },
    );
    return row?.position ?? 0;
  };
  let after: number = Math.max(await before({}, maxLength), since ? await before({ at: { $lt: since } }, 0) : 0);
  for (;;) {
    const rows = await em.find(
      EventLog,
      { stream: name, position: { $gt: after } },
      { orderBy: { position: 'asc' }, limit: batch, disableIdentityMap: true },
    );
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.position ?? after;
  }
}

/** An event of the log as its stream has it. */
export function envelopeOf(row: StreamRow, { events }: Definitions, trace: Trace): Envelope {
  const { id, type, version, at, subject, data } = row;
  const schema = events.get(type)?.schema ?? 1;
  return { id, type, version, schema, time: at.toISOString(), subject, data, ...(trace ? { trace } : {}) };
}

/** Which events of the log are still in the outbox, with their traces. */
export async function tracesOfUnsent(
  em: EntityManager,
  rows: readonly StreamRow[],
): Promise<ReadonlyMap<string, Trace>> {
  const ids = rows.map(({ id }) => id);
  const found = await em.find(
    OutboxMessage,
    { id: { $in: ids } },
    { fields: ['id', 'trace'], disableIdentityMap: true },
  );
  return new Map(found.map(({ id, trace }) => [id, trace]));
}

/** One event of the log. */
export type LogRow = InferEntity<typeof EventLog>;

/** Which events are read: after a position, of these subjects or of all. */
export type LogPart = Readonly<{ after: number; subjects: readonly string[] | undefined; limit: number; at: Date }>;

// Longer than any transaction may take: a position that is still missing then was rolled back.
const latestCommitMs = 15_000;

/**
 * The log after a position, oldest first. Positions are given out before they are committed, so a later one can be seen
 * before an earlier one: what follows a fresh gap is held back, and whoever reads on from the last row misses nothing.
 */
export async function readLog(em: EntityManager, { after, subjects, limit, at }: LogPart): Promise<LogRow[]> {
  const rows = await em.find(
    EventLog,
    { position: { $gt: after }, ...(subjects === undefined ? {} : { subject: { $in: [...subjects] } }) },
    { orderBy: { position: 'asc' }, limit, disableIdentityMap: true },
  );
  // The events of one subject are committed one after the other; its gaps belong to others.
  if (subjects?.length === 1) return rows;
  const gap = rows.findIndex(({ position, at: writtenAt }, index) => {
    const before = index === 0 ? after : (rows[index - 1]?.position ?? after);
    return position !== before + 1 && at.getTime() - writtenAt.getTime() < latestCommitMs;
  });
  return gap === -1 ? rows : rows.slice(0, gap);
}

/** Where an event stands in the log, by its id. */
export async function logPositionOf(em: EntityManager, id: string): Promise<number | undefined> {
  const row = await em.findOne(EventLog, { id }, { fields: ['position'], disableIdentityMap: true });
  return row?.position;
}
