import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityClass, EntitySchema, MikroORM } from '@mikro-orm/mysql';
import { textOf } from '../mysql/values.ts';
import { CommitUnknown, type Transaction, TransactionTimeout } from '../outbox/transaction.ts';
import type { Log } from '../process/log.ts';

/** Sums by the minute in a table: what several processes count, they add to the same rows. */
export type MinuteSums = Readonly<{
  /** Counts something of that moment, under the rest of its key. */
  add(atMs: number, key: readonly (string | number)[], counts: readonly number[]): void;
  /** Writes what has been counted since the last time, in one statement; what cannot be written now is kept for the next. */
  write(): Promise<void>;
  /** Writes four times a minute, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}>;

/** What rows are written by. */
export type Recording = Readonly<{ orm: MikroORM; transaction: Transaction; log: Log }>;

/** The table: its columns beside `minute`, those of its key and those that are sums. */
type Summed = Readonly<{ entity: EntityClass | EntitySchema; key: readonly string[]; sums: readonly string[] }>;
type Row = Readonly<{ minuteMs: number; key: readonly (string | number)[]; counts: readonly number[] }>;

const minuteMs = 60_000;
const writeEveryMs = 15_000;
// An hour of a busy process: while MySQL is away for longer, the oldest are forgotten.
const mostRows = 5_000;

/** Opens them for one process; nothing is written yet. */
export function openMinuteSums({ orm, transaction, log }: Recording, table: Summed): MinuteSums {
  let rows = new Map<string, Row>();
  const { tableName } = orm.em.getMetadata(table.entity);
  const addRow = (row: Row) => {
    const name = [row.minuteMs, ...row.key].join(' ');
    const before = rows.get(name)?.counts;
    rows.set(name, { ...row, counts: row.counts.map((count, index) => count + (before?.[index] ?? 0)) });
    const [oldest] = rows.size > mostRows ? rows.keys() : [];
    if (oldest !== undefined) rows.delete(oldest);
  };
  const write = async () => {
    const written = [...rows.values()];
    if (written.length === 0) return;
    rows = new Map();
    const sql = upsert(orm, tableName, table, written.toSorted(inOrder));
    await transaction((tx) => tx.execute(sql, [], 'run')).catch((error: unknown) => {
      log.debug({ err: error, table: tableName }, 'sums by the minute: not written now');
      // What may have been written is not written again: rather a gap than a sum that is too large.
      if (!(error instanceof CommitUnknown) && !(error instanceof TransactionTimeout)) written.forEach(addRow);
    });
  };
  return {
    add: (atMs, key, counts) => addRow({ minuteMs: atMs - (atMs % minuteMs), key, counts }),
    write,
    async run(signal) {
      while (!signal.aborted) {
        await sleep(writeEveryMs, undefined, { signal }).catch(() => {});
        await write();
      }
    },
  };
}

// All processes lock rows in the order of the key, so that none waits for another in a circle.
function inOrder(one: Row, other: Row): number {
  const keys = [one, other].map((row) => [row.minuteMs, ...row.key]);
  const [mine = [], theirs = []] = keys;
  const at = mine.findIndex((part, index) => part !== theirs[index]);
  return at < 0 ? 0 : (mine[at] ?? 0) < (theirs[at] ?? 0) ? -1 : 1;
}

function upsert(orm: MikroORM, tableName: string, { key, sums }: Summed, rows: readonly Row[]): string {
  const text = textOf(orm.em);
  const columns = ['minute', ...key, ...sums].map((name) => `\`${name}\``);
  const values = rows.map(
    (row) => `(${[new Date(row.minuteMs), ...row.key, ...row.counts].map((value) => text(value)).join(', ')})`,
  );
  return `insert into \`${tableName}\` (${columns.join(', ')})
    values ${values.join(', ')}
    on duplicate key update ${sums.map((name) => `\`${name}\` = \`${name}\` + values(\`${name}\`)`).join(', ')}`;
}
