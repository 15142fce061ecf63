import type { MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import type { QueryValues } from 'mysql2';
import { isFenced, noteUncommitted } from './faults.ts';
import { Pipeline, type Statement } from './pipeline.ts';

type Answer = (error: unknown, result: MysqlQueryResult) => void;

type Streamed = ReturnType<MysqlPoolConnection['query']>;

/** Since when an answer is waited for, and whether it is that to a read outside of a transaction, which may be given up. */
type Wait = Readonly<{ sinceMs: number; isRead: boolean }>;

const reading = /^[\s(]*(?:select|with|show)\b/i;

/** What a session needs of the driver's connection: `query` tells of each statement that is carried out or begins to be answered. */
export interface RawConnection extends Omit<MysqlPoolConnection, 'query'> {
  format(sql: string, values: QueryValues): string;
  query(
    sql: string,
    callback?: (error: unknown, result: unknown) => void,
  ): Streamed & Readonly<{ on(event: 'fields', hear: () => void): unknown }>;
}

const nothingYet: MysqlQueryResult = { insertId: 0, affectedRows: 0, changedRows: 0 };

/**
 * A pooled connection to a server that may stop taking writes: it then does not come back into the pool. A way there and back
 * costs more than most statements: what may wait travels with the next one.
 */
export class Session implements MysqlPoolConnection {
  readonly #raw: RawConnection;
  readonly #onFenced: () => void;
  /** Who waits, and for what. */
  readonly #awaited = new Map<Answer, Wait>();
  readonly #pipeline = new Pipeline();
  #isSpoilt = false;

  /** `onFenced` hears of each refusal that says that another server is the one for writes. */
  constructor(raw: RawConnection, onFenced: () => void) {
    this.#raw = raw;
    this.#onFenced = onFenced;
  }

  get config() {
    return this.#raw.config;
  }

  get threadId() {
    return this.#raw.threadId;
  }

  /** Whether it does not come back into the pool, or is to be thrown away where it is there. */
  get isSpoilt() {
    return this.#isSpoilt;
  }

  /** Since when it waits for its next answer, by a clock that only goes on; undefined when it waits for none. */
  get waitsSinceMs(): number | undefined {
    const [first] = this.#awaited.values();
    return first?.sinceMs;
  }

  /** Whether all that it waits for are reads outside of a transaction: nothing comes of them but their answers. */
  get isReading(): boolean {
    return this.#awaited.size > 0 && [...this.#awaited.values()].every(({ isRead }) => isRead);
  }

  connect(callback?: (error: unknown) => void): void {
    this.#raw.connect(callback);
  }

  query(sql: string, parameters: QueryValues, callback?: Answer) {
    const { statements, later } = this.#pipeline.with(this.#raw.format(sql, parameters));
    if (!callback) return this.#raw.query(textOf(statements));
    if (statements.length > 0) return this.#send(statements, callback);
    queueMicrotask(() => callback(undefined, later ? [{ later }] : nothingYet));
    return nothingToStream;
  }

  release(): void {
    this.#pipeline.drop();
    if (this.#isSpoilt) this.#raw.destroy();
    else this.#raw.release();
  }

  destroy(): void {
    this.#raw.destroy();
  }

  /** Whoever uses it goes on, and nobody does after that: another to the same server has been lost. */
  spoil(): void {
    this.#isSpoilt = true;
  }

  /** Ends it under whoever uses it, who learns why it is lost: the server may never answer again. */
  cut(why: string): void {
    this.#isSpoilt = true;
    this.#raw.destroy();
    const lost = Object.assign(new Error(why), { code: 'PROTOCOL_CONNECTION_LOST' });
    for (const answer of this.#awaited.keys()) answer(lost, []);
  }

  #send(statements: readonly Statement[], callback: Answer) {
    const before = statements.length - 1;
    let answered = 0;
    const answer: Answer = (error, result) => {
      if (!this.#awaited.delete(answer)) return;
      if (isFenced(error)) {
        this.#isSpoilt = true;
        this.#onFenced();
      }
      // A server that refuses one of several goes no further.
      if (answered < before) noteUncommitted(error);
      tellOthers(statements, error, result);
      const tell = () => callback(error, before > 0 ? lastOf(result, before) : result);
      if (error && before === 0 && isWhole(statements)) this.#send([{ text: 'rollback' }], tell);
      else tell();
    };
    const isRead = !this.#pipeline.isInTransaction && statements.every(({ text }) => reading.test(text));
    this.#awaited.set(answer, { sinceMs: performance.now(), isRead });
    const command = this.#raw.query(textOf(statements), (error, result) =>
      answer(error, isResult(result) ? result : []),
    );
    command.on('fields', () => (answered += 1));
    return command;
  }
}

/** Whether it is a transaction that was sent all at once: nobody else ends it when it fails. */
function isWhole([first]: readonly Statement[]): boolean {
  return first?.text.startsWith('begin; ') ?? false;
}

function textOf(statements: readonly Statement[]): string {
  return statements.map(({ text }) => text).join('; ');
}

/** Tells whoever asked before what they have been waiting for; of what failed at any place nothing is told. */
function tellOthers(statements: readonly Statement[], error: unknown, result: MysqlQueryResult): void {
  for (const [index, { later }] of statements.entries()) {
    const rows: unknown = Array.isArray(result) ? result[index] : undefined;
    if (error || !Array.isArray(rows)) later?.reject(error ?? new TypeError('rows were expected'));
    else later?.resolve(rows);
  }
}

const nothingToStream = {
  stream(): never {
    throw new TypeError('what has been sent nowhere has no rows');
  },
};

/** What the last of several statements, or those that were sent as one, came to. */
function lastOf(results: MysqlQueryResult, before: number): MysqlQueryResult {
  const own = Array.isArray(results) ? results.slice(before) : [];
  const [only] = own;
  return own.length === 1 && isResult(only) ? only : own;
}

/** Safe because the driver answers with rows, with what a change came to, or with a list of these. */
function isResult(value: unknown): value is MysqlQueryResult {
  return typeof value === 'object' && value !== null;
}
