import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog, EventLogEnd } from '../entities/outbox.entity.ts';
import type { LoggedEvent } from '../streams/append.ts';

/** An event that has been committed, and has no position yet; its version may be known to MySQL alone. */
export type Unnumbered = Omit<LoggedEvent, 'position' | 'entryMs' | 'version'> &
  Readonly<{ version?: number | undefined }>;

/** An event that has just been given its position; `previous` is where the one before it stands in its stream. */
export type Numbered = LoggedEvent & Readonly<{ previous: number | undefined }>;

/** What numbering needs: of each of `streams` it is known where it ends. */
export type Numbering = Readonly<{ em: EntityManager; streams: readonly string[]; now: Date }>;

/** The names of the log and of its end. */
export function tablesOf(em: EntityManager) {
  return { log: em.getMetadata(EventLog).tableName, end: em.getMetadata(EventLogEnd).tableName };
}

/** The same places, and of each subject the lower version in the earlier one: its writers' clocks may differ. */
export function byVersion<Event extends Unnumbered>(events: readonly Event[]): readonly Event[] {
  const subjects = Map.groupBy(events, subjectOf);
  const next = new Map(
    [...subjects].map(([key, some]) => [
      key,
      some.toSorted((one, other) => (one.version ?? 0) - (other.version ?? 0)).values(),
    ]),
  );
  return events.flatMap((event) => next.get(subjectOf(event))?.next().value ?? []);
}

/** What an event is about, in its stream. */
export function subjectOf({ stream, subject }: Pick<LoggedEvent, 'stream' | 'subject'>): string {
  return `${stream} ${subject}`;
}
