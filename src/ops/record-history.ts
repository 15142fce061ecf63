import { setTimeout as sleep } from 'node:timers/promises';
import { type InferEntity, type MikroORM } from '@mikro-orm/mysql';
import { QueueMinute } from '../entities/ops.entity.ts';
import { textOf } from '../mysql/values.ts';
import { CommitUnknown, type Transaction, TransactionTimeout } from '../outbox/transaction.ts';
import type { Log } from '../process/log.ts';
import { lengthOf } from './lengths.ts';

/** A job that has ended and will not be tried again; `tookMs` counts from when it was due. */
export type EndedJob = Readonly<{ queue: string; isDone: boolean; tookMs: number; endedAtMs: number }>;

/** What a worker process records of the jobs that end in it. */
export type HistoryRecorder = Readonly<{
  note(ended: EndedJob): void;
  /** Writes what has been noted since the last time, in one statement; what cannot be written now is kept for the next. */
  write(): Promise<void>;
  /** Writes four times a minute, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}>;

type Row = InferEntity<typeof QueueMinute>;
type Recording = Readonly<{ orm: MikroORM; transaction: Transaction; log: Log }>;

const minuteMs = 60_000;
const writeEveryMs = 15_000;
// An hour of a busy process: while MySQL is away for longer, the oldest are forgotten.
const mostRows = 5_000;

/** Opens it. Several processes add to the same rows. */
export function openHistoryRecorder({ orm, transaction, log }: Recording): HistoryRecorder {
  let rows = new Map<string, Row>();
  const add = (row: Row) => {
    const key = `${row.minute.getTime()} ${row.queue} ${row.length}`;
    const { done = 0, failed = 0 } = rows.get(key) ?? {};
    rows.set(key, { ...row, done: done + row.done, failed: failed + row.failed });
    const [oldest] = rows.size > mostRows ? rows.keys() : [];
    if (oldest !== undefined) rows.delete(oldest);
  };
  const write = async () => {
    const written = [...rows.values()];
    if (written.length === 0) return;
    rows = new Map();
    const sql = upsert(orm, written.toSorted(inOrder));
    await transaction((tx) => tx.execute(sql, [], 'run')).catch((error: unknown) => {
      log.debug({ err: error }, 'history of the queues: not written now');
      // What may have been written is not written again: rather a gap than a sum that is too large.
      if (!(error instanceof CommitUnknown) && !(error instanceof TransactionTimeout)) written.forEach(add);
    });
  };
  return {
    note: ({ queue, isDone, tookMs, endedAtMs }) =>
      add({
        minute: new Date(endedAtMs - (endedAtMs % minuteMs)),
        queue,
        length: lengthOf(tookMs),
        done: isDone ? 1 : 0,
        failed: isDone ? 0 : 1,
      }),
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
  const byTime = one.minute.getTime() - other.minute.getTime();
  if (byTime !== 0) return byTime;
  if (one.queue !== other.queue) return one.queue < other.queue ? -1 : 1;
  return one.length - other.length;
}

function upsert(orm: MikroORM, rows: readonly Row[]): string {
  const text = textOf(orm.em);
  const values = rows.map(
    ({ minute, queue, length, done, failed }) => `(${[minute, queue, length, done, failed].map(text).join(', ')})`,
  );
  return `insert into \`${orm.em.getMetadata(QueueMinute).tableName}\` (\`minute\`, \`queue\`, \`length\`, \`done\`, \`failed\`)
    values ${values.join(', ')}
    on duplicate key update \`done\` = \`done\` + values(\`done\`), \`failed\` = \`failed\` + values(\`failed\`)`;
}
