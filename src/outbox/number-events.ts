import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog, EventLogEnd } from '../entities/outbox.entity.ts';
import type { LoggedEvent } from '../streams/append.ts';

type Found = Omit<LoggedEvent, 'time' | 'entryMs'> &
  Readonly<{ at: string; log_position: string; log_ms: string; previous: string | null }>;

/** An event that has just been given its position; `previous` is where the one before it stands in its stream. */
export type Numbered = LoggedEvent & Readonly<{ previous: number | undefined }>;

/** The most that are numbered at once. */
export const mostNumbered = 500;

/**
 * Gives positions to events that have been committed without one, 500 at the most, and returns them in that order. Any number of
 * processes may do so at once: one of them moves the end of the log on, and the others look again. A subject's events
 * become visible in the order of their versions, and are numbered in it.
 */
export async function numberEvents(em: EntityManager, now: Date): Promise<readonly Numbered[]> {
  const log = em.getMetadata(EventLog).tableName;
  const end = em.getMetadata(EventLogEnd).tableName;
  for (;;) {
    // Where streams end is read off their index once: of each event's own, servers would look for it in all of its stream.
    const found = await em.execute<Found[]>(
      `select n.position as log_position, n.entry_ms as log_ms, e.id, e.stream, e.type, e.subject, e.version, e.\`schema\`, e.data,
         e.trace, e.at, s.position as previous
       from ${end} n join ${log} e on e.position is null
         left join (select stream, max(position) as position from ${log} group by stream) s on s.stream = e.stream
       where n.id = 1 order by e.version, e.id limit ${mostNumbered}`,
    );
    const [first] = found;
    if (!first) return [];
    const [last, entryMs] = [Number(first.log_position), Math.max(now.getTime(), Number(first.log_ms))];
    if (await moveEnd(em, found, last, entryMs)) return numbered(found, last, entryMs);
  }
}

/** One statement, so that the end moves with all of them or not at all. */
async function moveEnd(em: EntityManager, found: readonly Found[], last: number, entryMs: number): Promise<boolean> {
  const log = em.getMetadata(EventLog).tableName;
  const end = em.getMetadata(EventLogEnd).tableName;
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `update ${end} n join ${log} e force index (primary) on e.id in (${found.map(() => '?').join(', ')})
     set n.position = ?, n.entry_ms = ?, e.entry_ms = ?,
       e.position = case e.id ${found.map(() => 'when ? then ?').join(' ')} end
     where n.id = 1 and n.position = ? and e.position is null`,
    [
      ...found.map(({ id }) => id),
      last + found.length,
      entryMs,
      entryMs,
      ...found.flatMap(({ id }, index) => [id, last + 1 + index]),
      last,
    ],
    'run',
  );
  return affectedRows === found.length + 1;
}

function numbered(found: readonly Found[], last: number, entryMs: number): Numbered[] {
  const ends = new Map<string, number>();
  return found.map(({ id, stream, type, subject, version, schema, data, trace, at, previous }, index) => {
    const position = last + 1 + index;
    const before = ends.get(stream) ?? (previous === null ? undefined : Number(previous));
    ends.set(stream, position);
    const time = new Date(`${at.replace(' ', 'T')}Z`).toISOString();
    return { position, entryMs, id, stream, type, subject, version, schema, time, data, trace, previous: before };
  });
}
