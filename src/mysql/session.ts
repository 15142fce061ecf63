import type { MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import type { PoolConnection, QueryValues, ResultSetHeader, RowDataPacket } from 'mysql2';
import { isFenced } from './faults.ts';

type Answer = (error: unknown, result: MysqlQueryResult) => void;

/** A pooled connection to a server that may stop taking writes: it then does not come back into the pool. */
export class Session implements MysqlPoolConnection {
  readonly #raw: PoolConnection;
  readonly #onFenced: () => void;
  readonly #awaited = new Set<Answer>();
  #isSpoilt = false;

  /** `onFenced` hears of each refusal that says that another server is the one for writes. */
  constructor(raw: PoolConnection, onFenced: () => void) {
    this.#raw = raw;
    this.#onFenced = onFenced;
  }

  get config() {
    return this.#raw.config;
  }

  get threadId() {
    return this.#raw.threadId;
  }

  connect(callback?: (error: unknown) => void): void {
    this.#raw.connect(callback);
  }

  query(sql: string, parameters: QueryValues, callback?: Answer) {
    if (!callback) return this.#raw.query(sql, parameters);
    const answer: Answer = (error, result) => {
      if (!this.#awaited.delete(answer)) return;
      if (isFenced(error)) {
        this.#isSpoilt = true;
        this.#onFenced();
      }
      callback(error, result);
    };
    this.#awaited.add(answer);
    return this.#raw.query<RowDataPacket[] | ResultSetHeader>(sql, parameters, answer);
  }

  release(): void {
    if (this.#isSpoilt) this.#raw.destroy();
    else this.#raw.release();
  }

  destroy(): void {
    this.#raw.destroy();
  }

  /** Ends it under whoever uses it, who learns that it is lost: the server may never answer again. */
  cut(): void {
    this.#isSpoilt = true;
    this.#raw.destroy();
    const lost = Object.assign(new Error('another server has taken its place'), { code: 'PROTOCOL_CONNECTION_LOST' });
    for (const answer of this.#awaited) answer(lost, []);
  }
}
