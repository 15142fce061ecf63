import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog, EventVersion } from '../entities/outbox.entity.ts';
import { insertRows } from '../mysql/rows.ts';
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

/**
 * Writes events to the log, in this order, each with the next version of its subject. Subjects are locked in one order, so
 * that transactions about the same ones wait for each other and no more. Returns them as they wait for their positions.
 */
export async function writeEvents(tx: EntityManager, events: readonly NewEvent[]): Promise<readonly Unnumbered[]> {
  const counts = [...Map.groupBy(events, keyOf).entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, [first, ...more]]): Count[] =>
      first ? [{ key, stream: first.stream, subject: first.subject, count: more.length + 1 }] : [],
    );
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

function keyOf({ stream, subject }: Pick<NewEvent, 'stream' | 'subject'>): string {
  return `${stream} ${subject}`;
}

/** Raises the last version of each subject, and returns what it is now; of subjects that are all new, nothing. */
async function raiseVersions(tx: EntityManager, counts: readonly Count[]): Promise<ReadonlyMap<string, number>> {
  const [only] = counts;
  if (!only) return new Map();
  const { tableName } = tx.getMetadata(EventVersion);
  const text = textOf(tx);
  const values = counts.map(({ stream, subject, count }) => `(${text(stream)}, ${text(subject)}, ${count})`).join(', ');
  const { affectedRows, insertId } = await tx.execute<{ affectedRows: number; insertId: number }>(
    `insert into ${tableName} (stream, subject, version) values ${values}
     on duplicate key update version = last_insert_id(version + values(version))`,
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
