import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog, EventLogEnd } from '../entities/outbox.entity.ts';
import type { LoggedEvent } from '../streams/append.ts';

type Found = Omit<LoggedEvent, 'time' | 'entryMs'> &
  Readonly<{ at: string; log_position: string; log_ms: string; previous: string | null; waits_for: string | null }>;

/** An event that has just been given its position; `previous` is where the one before it stands in its stream. */
export type Numbered = LoggedEvent & Readonly<{ previous: number | undefined }>;

/** Events that have just been numbered, and whether more of them wait. */
export type NumberedEvents = Readonly<{ events: readonly Numbered[]; isMore: boolean }>;

const mostNumbered = 500;

/**
 * Gives positions to events that have been committed without one, 500 at the most, and returns them in that order: a
 * transaction's as it wrote them, a subject's by their versions. Any number of processes may do so at once: one of them moves
 * the end of the log on, and the others look again.
 */
export async function numberEvents(em: EntityManager, now: Date): Promise<NumberedEvents> {
  for (;;) {
    const found = await find(em, 'e.id');
    const complete = withoutLater(found);
    // Where clocks are so far apart that nothing which comes first is among them, versions alone say what does.
    const next = byVersion(complete.length > 0 || found.length === 0 ? complete : await find(em, 'e.version, e.id'));
    const [first] = next;
    if (!first && found.length === 0) return { events: [], isMore: false };
    if (!first) continue;
    const [last, entryMs] = [Number(first.log_position), Math.max(now.getTime(), Number(first.log_ms))];
    if (await moveEnd(em, next, last, entryMs))
      return { events: numbered(next, last, entryMs), isMore: found.length === mostNumbered };
  }
}

async function find(em: EntityManager, order: 'e.id' | 'e.version, e.id'): Promise<readonly Found[]> {
  const log = em.getMetadata(EventLog).tableName;
  const end = em.getMetadata(EventLogEnd).tableName;
  // Where streams end is read off their index once: of each event's own, servers would look for it in all of its stream.
  return em.execute<Found[]>(
    `select n.position as log_position, n.entry_ms as log_ms, e.id, e.stream, e.type, e.subject, e.version, e.\`schema\`, e.data,
       e.trace, e.at, s.position as previous, b.id as waits_for
     from ${end} n join ${log} e on e.position is null
       left join (select stream, max(position) as position from ${log} group by stream) s on s.stream = e.stream
       left join ${log} b on b.stream = e.stream and b.subject = e.subject and b.version = e.version - 1 and b.position is null
     where n.id = 1 order by ${order} limit ${mostNumbered}`,
  );
}

/** Those whose subject has no earlier event that still waits outside of them. */
function withoutLater(found: readonly Found[]): readonly Found[] {
  const kept = new Map(found.map((event) => [event.id, event]));
  const later = found.toSorted((one, other) => one.version - other.version);
  for (const { id, waits_for } of later) if (waits_for !== null && !kept.has(waits_for)) kept.delete(id);
  return [...kept.values()];
}

/** The same places, and of each subject the lower version in the earlier one: its writers' clocks may differ. */
function byVersion(events: readonly Found[]): readonly Found[] {
  const subjects = Map.groupBy(events, ({ stream, subject }) => `${stream} ${subject}`);
  const next = new Map(
    [...subjects].map(([key, some]) => [key, some.toSorted((one, other) => one.version - other.version).values()]),
  );
  return events.flatMap(({ stream, subject }) => next.get(`${stream} ${subject}`)?.next().value ?? []);
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
