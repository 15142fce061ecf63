import { randomUUID } from 'node:crypto';
import { type EntityManager, raw } from '@mikro-orm/mysql';
import { EventLog, EventVersion } from '../entities/outbox.entity.ts';
import { askLater, insertRows } from '../mysql/rows.ts';
import { type LaterRows, withNext } from '../mysql/pipeline.ts';
import { textOf, type ValueText } from '../mysql/values.ts';
import { subjectOf, tablesOf, type Unnumbered } from './numbering.ts';
import { askForPositions, type PositionedRow } from './positions.ts';

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

/** Events that have been written, as they wait for their positions; where they have been given some, it is told with the commit. */
export type WrittenEvents = Readonly<{ events: readonly Unnumbered[]; positions?: LaterRows<PositionedRow> }>;

/** So many events, each about something else, get their positions from the transaction that writes them. */
const few = 4;

/**
 * Writes events to the log, in this order, each with the next version of its subject. Subjects are locked in one order, so
 * that transactions about the same ones wait for each other and no more. Where they are a few, and the process is not behind with
 * earlier ones, MySQL alone knows versions and positions, for nothing was waited for. It must be the last that its transaction
 * does: who gives positions holds the end of the log until the COMMIT, which is to come with it.
 */
export async function writeEvents(
  tx: EntityManager,
  events: readonly NewEvent[],
  isBehind: boolean,
): Promise<WrittenEvents> {
  const counts = [...Map.groupBy(events, subjectOf).entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, [first, ...more]]): Count[] =>
      first ? [{ key, stream: first.stream, subject: first.subject, count: more.length + 1 }] : [],
    );
  if (events.length === 0) return { events: [] };
  if (!isBehind && events.length <= few && counts.length === events.length) return writeFew(tx, events, counts);
  const raised = await raiseVersions(tx, counts);
  const last = new Map(counts.map(({ key, count }) => [key, (raised.get(key) ?? count) - count]));
  const rows = events.map((event) => {
    const version = (last.get(subjectOf(event)) ?? 0) + 1;
    last.set(subjectOf(event), version);
    return { ...event, version };
  });
  await insertRows(tx, EventLog, rows);
  return { events: rows.map(toUnnumbered) };
}

/**
 * One event each of some subjects: MySQL looks their versions up as it writes them, and moves the end of the log on for them, as
 * long as nothing that comes before one of them waits. Who has moved it is told by a token; whoever has not gives no position.
 */
async function writeFew(
  tx: EntityManager,
  events: readonly NewEvent[],
  counts: readonly Count[],
): Promise<WrittenEvents> {
  const { versions, log, end } = { ...tablesOf(tx), versions: tx.getMetadata(EventVersion).tableName };
  const text = textOf(tx);
  const [token, latest] = [text(randomUUID()), Math.max(...events.map(({ at }) => at.getTime()))];
  const preceding = `(select 1 from ${versions} v join ${log} b force index (event_log_stream_subject_version_unique)
       on b.stream = v.stream and b.subject = v.subject and b.version = v.version - 1
     where (v.stream, v.subject) in (${placesIn(counts, text)}) and b.position is null)`;
  await tx.execute(withNext(raising(tx, counts)), [], 'run');
  await tx.execute(
    withNext(`update ${end} set position = position + ${events.length}, entry_ms = greatest(entry_ms, ${latest}), claim = ${token}
     where id = 1 and not exists ${preceding}`),
    [],
    'run',
  );
  const ofEnd = (value: string) => raw<number>(`(select ${value} from ${end} where id = 1 and claim = ${token})`);
  const rows = events.map((event, index) => ({
    ...event,
    version: raw<number>(`(select version from ${versions} where ${subjectIs(event, text)})`),
    position: ofEnd(`position - ${events.length - 1 - index}`),
    entryMs: ofEnd('entry_ms'),
  }));
  await insertRows(tx, EventLog, rows);
  const written = events.map(toUnnumbered);
  return { events: written, positions: await askLater<PositionedRow>(tx, askForPositions(tx, written)) };
}

function toUnnumbered<Event extends NewEvent>({ at, ...event }: Event) {
  return { ...event, time: at.toISOString() };
}

/** Raises the last version of each subject, and returns what it is now; of subjects that are all new, nothing. */
async function raiseVersions(tx: EntityManager, counts: readonly Count[]): Promise<ReadonlyMap<string, number>> {
  const [only] = counts;
  if (!only) return new Map();
  const { tableName } = tx.getMetadata(EventVersion);
  const { affectedRows, insertId } = await tx.execute<{ affectedRows: number; insertId: number }>(
    raising(tx, counts),
    [],
    'run',
  );
  // MySQL counts a row that was there as two.
  if (affectedRows === counts.length) return new Map();
  if (counts.length === 1) return new Map([[only.key, insertId]]);
  const rows = await tx.execute<Omit<Count & { version: number }, 'key' | 'count'>[]>(
    `select stream, subject, version from ${tableName} where (stream, subject) in (${placesIn(counts, textOf(tx))})`,
  );
  return new Map(rows.map((row) => [subjectOf(row), row.version]));
}

function placesIn(counts: readonly Count[], text: ValueText): string {
  return counts.map(({ stream, subject }) => `(${text(stream)}, ${text(subject)})`).join(', ');
}

function subjectIs({ stream, subject }: Pick<NewEvent, 'stream' | 'subject'>, text: ValueText): string {
  return `stream = ${text(stream)} and subject = ${text(subject)}`;
}

function raising(tx: EntityManager, counts: readonly Count[]): string {
  const text = textOf(tx);
  const values = counts.map(({ stream, subject, count }) => `(${text(stream)}, ${text(subject)}, ${count})`).join(', ');
  return `insert into ${tx.getMetadata(EventVersion).tableName} (stream, subject, version) values ${values}
     on duplicate key update version = last_insert_id(version + values(version))`;
}
