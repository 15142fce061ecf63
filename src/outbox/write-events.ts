import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog, EventVersion } from '../entities/outbox.entity.ts';
import { insertRows } from '../mysql/rows.ts';

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
 * that transactions about the same ones wait for each other and no more.
 */
export async function writeEvents(tx: EntityManager, events: readonly NewEvent[]): Promise<void> {
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
}

function keyOf({ stream, subject }: Pick<NewEvent, 'stream' | 'subject'>): string {
  return `${stream} ${subject}`;
}

/** Raises the last version of each subject, and returns what it is now; of subjects that are all new, nothing. */
async function raiseVersions(tx: EntityManager, counts: readonly Count[]): Promise<ReadonlyMap<string, number>> {
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
  const places = counts.map(() => '(?, ?)').join(', ');
  const rows = await tx.execute<Omit<Count & { version: number }, 'key' | 'count'>[]>(
    `select stream, subject, version from ${tableName} where (stream, subject) in (${places})`,
    counts.flatMap(({ stream, subject }) => [stream, subject]),
  );
  return new Map(rows.map((row) => [keyOf(row), row.version]));
}
