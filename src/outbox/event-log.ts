import type { EntityManager, InferEntity, MikroORM } from '@mikro-orm/mysql';
import { EventLog } from '../entities/outbox.entity.ts';
import type { LoggedEvent } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';
import { beginning, entryId } from '../streams/entry.ts';
import type { EndOfLog } from '../streams/reader.ts';
import { firstIdOf, momentOfId } from './ids.ts';

/** One event of the log. */
export type LogRow = InferEntity<typeof EventLog>;

/** Which events are read: after a position, of these subjects or of all. */
export type LogPart = Readonly<{ after: number; subjects: readonly string[] | undefined; limit: number }>;

/** The log after a position, oldest first: whoever reads on from the last row misses nothing. */
export function readLog(em: EntityManager, { after, subjects, limit }: LogPart): Promise<LogRow[]> {
  return em.find(
    EventLog,
    { position: { $gt: after }, ...(subjects === undefined ? {} : { subject: { $in: [...subjects] } }) },
    { orderBy: { position: 'asc' }, limit, disableIdentityMap: true },
  );
}

/** What a stream has of the log after a position, oldest first. */
export async function readStreamLog(em: EntityManager, stream: string, after: number, limit: number) {
  const rows = await em.find(
    EventLog,
    { stream, position: { $gt: after } },
    { orderBy: { position: 'asc' }, limit, disableIdentityMap: true },
  );
  return rows.map(toLogged);
}

/** The position before the oldest event that a stream may still hold. */
export async function startOfStream(em: EntityManager, { name, maxLength }: Stream): Promise<number> {
  const [row] = await em.find(
    EventLog,
    { stream: name, position: { $ne: null } },
    { fields: ['position'], orderBy: { position: 'desc' }, offset: maxLength, limit: 1, disableIdentityMap: true },
  );
  return row?.position ?? 0;
}

/** The last position of each stream that has any. */
export async function endsOfStreams(em: EntityManager): Promise<ReadonlyMap<string, number>> {
  const { tableName } = em.getMetadata(EventLog);
  const rows = await em.execute<{ stream: string; position: string | null }[]>(
    `select stream, max(position) as position from ${tableName} group by stream`,
  );
  return new Map(rows.flatMap(({ stream, position }) => (position === null ? [] : [[stream, Number(position)]])));
}

/** Says which entry the last event of a stream has there, or will have. */
export function endOfLog(orm: MikroORM): EndOfLog {
  return async (stream) => {
    const [row] = await orm.em
      .fork()
      .find(EventLog, { stream, position: { $ne: null } }, { orderBy: { position: 'desc' }, limit: 1 });
    return row ? entryId(toLogged(row)) : beginning;
  };
}

/** The last position of these events, by their ids; undefined when none of them has one. */
export async function lastPositionOf(em: EntityManager, ids: readonly string[]): Promise<number | undefined> {
  const [row] = await em.find(
    EventLog,
    { id: { $in: [...ids] }, position: { $ne: null } },
    { fields: ['position'], orderBy: { position: 'desc' }, limit: 1, disableIdentityMap: true },
  );
  return row?.position ?? undefined;
}

// Clocks are not so far apart, and transactions not so long.
const slackMs = 3_600_000;

/**
 * Where the log goes on after an event. Of one that may have been deleted, because it is older than `kept`, that is up to an hour before
 * it: what comes then may come again, and nothing is missed. Undefined when there is no such event, and was none.
 */
export async function positionAfter(em: EntityManager, id: string, kept: Date): Promise<number | undefined> {
  const position = await lastPositionOf(em, [id]);
  const atMs = momentOfId(id);
  if (position !== undefined || atMs === undefined || atMs > kept.getTime() + slackMs) return position;
  // What was written so long before had its position before the event had its own.
  const before = { id: { $lt: firstIdOf(atMs - slackMs) }, at: { $lt: new Date(atMs - slackMs) } };
  const [row] = await em.find(
    EventLog,
    { ...before, position: { $ne: null } },
    { fields: ['position'], orderBy: { id: 'desc' }, limit: 1, disableIdentityMap: true },
  );
  return row?.position ?? 0;
}

function toLogged({ position, entryMs, trace, at, ...row }: LogRow): LoggedEvent {
  return { ...row, position: position ?? 0, entryMs: entryMs ?? 0, trace: trace ?? null, time: at.toISOString() };
}
