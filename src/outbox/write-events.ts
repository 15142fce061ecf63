import { type EntityManager, raw } from '@mikro-orm/mysql';
import { EventLog, EventVersion } from '../entities/outbox.entity.ts';
import { insertRows } from '../mysql/rows.ts';
import { withNext } from '../mysql/together.ts';
import { textOf } from '../mysql/values.ts';
import type { Unnumbered } from './number-events.ts';

/** An event that its transaction writes to the log; `data` is JSON text. */
export type NewEvent = Readonly<{
  id: string;
  stream: string;
  type: string;
  schema: number;
  subject: string;
  data: string;
  trace: string | null;
  at: Date;
}>;

type Count = Readonly<{ key: string; stream: string; subject: string; count: number }>;

// What a way there and back takes, against what MySQL does for each of them when it is spared.
const few = 4;

/**
 * Writes events to the log, in this order, each with the next version of its subject. Subjects are locked in one order, so
 * that transactions about the same ones wait for each other and no more. Returns them as they wait for their positions: where they
 * are few, MySQL alone knows their versions, for nothing was waited for.
 */
export async function writeEvents(tx: EntityManager, events: readonly NewEvent[]): Promise<readonly Unnumbered[]> {
  const counts = [...Map.groupBy(events, keyOf).entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, [first, ...more]]): Count[] =>
      first ? [{ key, stream: first.stream, subject: first.subject, count: more.length + 1 }] : [],
    );
  if (events.length === 0) return [];
  if (events.length <= few && counts.length === events.length) return writeFew(tx, events, counts);
  const raised = await raiseVersions(tx, counts);
  const last = new Map(counts.map(({ key, count }) => [key, (raised.get(key) ?? count) - count]));
  const rows = events.map((event) => {
    const version = (last.get(keyOf(event)) ?? 0) + 1;
    last.set(keyOf(event), version);
    return { ...event, version };
  });
  await insertRows(tx, EventLog, rows);
  return rows.map(({ at, ...row }) => ({ ...row, time: at.toISOString() }));
}

/** One event each of some subjects: MySQL looks their versions up as it writes them. */
async function writeFew(
  tx: EntityManager,
  events: readonly NewEvent[],
  counts: readonly Count[],
): Promise<readonly Unnumbered[]> {
  const { tableName } = tx.getMetadata(EventVersion);
  await tx.execute(withNext(raising(tx, counts)), [], 'run');
  const version = ({ stream, subject }: NewEvent) =>
    raw<number>(`(select version from ${tableName} where stream = ? and subject = ?)`, [stream, subject]);
  await insertRows(
    tx,
    EventLog,
    events.map((event) => ({ ...event, version: version(event) })),
  );
  return events.map(({ at, ...event }) => ({ ...event, time: at.toISOString() }));
}

function keyOf({ stream, subject }: Pick<NewEvent, 'stream' | 'subject'>): string {
  return `${stream} ${subject}`;
}

/** Raises the last version of each subject, and returns what it is now; of subjects that are all new, nothing. */
async function raiseVersions(tx: EntityManager, counts: readonly Count[]): Promise<ReadonlyMap<string, number>> {
  const [only] = counts;
  if (!only) return new Map();
  const { tableName } = tx.getMetadata(EventVersion);
  const text = textOf(tx);
  const { affectedRows, insertId } = await tx.execute<{ affectedRows: number; insertId: number }>(
    raising(tx, counts),
    [],
    'run',
  );
  // MySQL counts a row that was there as two.
  if (affectedRows === counts.length) return new Map();
  if (counts.length === 1) return new Map([[only.key, insertId]]);
  const places = counts.map(({ stream, subject }) => `(${text(stream)}, ${text(subject)})`).join(', ');
  const rows = await tx.execute<Omit<Count & { version: number }, 'key' | 'count'>[]>(
    `select stream, subject, version from ${tableName} where (stream, subject) in (${places})`,
  );
  return new Map(rows.map((row) => [keyOf(row), row.version]));
}

function raising(tx: EntityManager, counts: readonly Count[]): string {
  const text = textOf(tx);
  const values = counts.map(({ stream, subject, count }) => `(${text(stream)}, ${text(subject)}, ${count})`).join(', ');
  return `insert into ${tx.getMetadata(EventVersion).tableName} (stream, subject, version) values ${values}
     on duplicate key update version = last_insert_id(version + values(version))`;
}
