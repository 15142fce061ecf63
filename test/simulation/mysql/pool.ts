import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import type { Process, Simulation, Step } from '../simulation.ts';
import { type Answer, Blocked, type Engine } from './engine.ts';
import { SqlError } from './stored.ts';
import { Work } from './tables.ts';

/** What a server was asked on a connection, and what it said: `waits` until it says more. */
export type Said = Readonly<{
  connection: number;
  sql: string;
  nowMs: number;
  said: Answer | 'waits' | Readonly<{ errno: number }>;
}>;
type Told = (error: unknown, result: MysqlQueryResult) => void;
type Around = Readonly<{ process: Process; simulation: Simulation; engine: Engine; hear?: (said: Said) => void }>;

const nothing = { affectedRows: 0, changedRows: 0, insertId: 0 };
// As every session of the product sets it.
const longestLockWaitMs = 5_000;
const longestSilenceMs = 10_000;

/** A pool of connections to the double, in the place of the driver's; `around` is asked who uses it now. */
export class Pool implements MysqlPool {
  readonly #around: () => Around;
  #idle: Connection[] = [];
  #process: Process | undefined;

  constructor(around: () => Around) {
    this.#around = around;
  }

  getConnection(callback: (error: unknown, connection: MysqlPoolConnection) => void): void {
    const around = this.#around();
    // The connections of one that has died are gone with it.
    if (around.process !== this.#process) this.#idle = [];
    this.#process = around.process;
    callback(undefined, this.#idle.pop() ?? new Connection(around, (back) => this.#idle.push(back)));
  }

  end(callback: (error: unknown) => void): void {
    callback(undefined);
  }
}

let lastThreadId = 0;

class Connection implements MysqlPoolConnection {
  readonly config = {};
  readonly threadId: number;
  readonly #around: Around;
  readonly #giveBack: (connection: Connection) => void;
  #isClosed = false;
  #work: Work | undefined;
  #heardMs = 0;
  #watch: number | undefined;

  constructor(around: Around, giveBack: (connection: Connection) => void) {
    lastThreadId += 1;
    this.threadId = lastThreadId;
    this.#around = around;
    this.#giveBack = giveBack;
    around.process.connections.add(this);
  }

  connect(callback?: (error: unknown) => void): void {
    callback?.(undefined);
  }

  destroy(): void {
    this.close();
  }

  release(): void {
    if (!this.#isClosed) this.#giveBack(this);
  }

  /** The server undoes what has not been committed. */
  close(): void {
    this.#isClosed = true;
    this.#end(false);
    this.#around.process.connections.delete(this);
  }

  query(sql: string, _parameters: unknown, callback?: Told): { stream(): never } {
    if (callback) this.#ask(sql, callback);
    return {
      stream() {
        throw new Error('the double streams nothing');
      },
    };
  }

  #ask(sql: string, told: Told): void {
    if (this.#isClosed) {
      told(new Error("Can't add new command when connection is in closed state"), []);
      return;
    }
    this.#heardMs = this.#around.simulation.time.elapsedMs;
    if (sql === 'begin') this.#begin();
    if (sql === 'rollback') this.#end(false);
    // What cannot go wrong in a way of its own is no step.
    if (/^(begin|rollback|set )/.test(sql)) {
      this.#around.hear?.({ connection: this.threadId, sql, nowMs: this.#around.simulation.time.nowMs, said: nothing });
      told(undefined, nothing);
    } else this.#around.simulation.ask(new Query(this.#around, sql, this.#server(), told));
  }

  #begin(): void {
    this.#work = new Work();
    this.#watchOn(longestSilenceMs);
  }

  /** Who says nothing in the middle of a transaction is given up. */
  #watchOn(ms: number): void {
    const { time } = this.#around.simulation;
    this.#watch = time.unowned(() =>
      time.set(ms, () => {
        const leftMs = this.#heardMs + longestSilenceMs - time.elapsedMs;
        if (leftMs > 0) this.#watchOn(leftMs);
        else this.close();
      }),
    );
  }

  #end(isCommitted: boolean): void {
    if (this.#watch !== undefined) this.#around.simulation.time.clear(this.#watch);
    this.#watch = undefined;
    this.#work?.end(isCommitted);
    this.#work = undefined;
  }

  #server(): Server {
    return {
      threadId: this.threadId,
      isClosed: () => this.#isClosed,
      current: () => this.#work,
      end: (isCommitted) => this.#end(isCommitted),
      close: () => this.close(),
    };
  }
}

type Server = Readonly<{
  threadId: number;
  isClosed(): boolean;
  current(): Work | undefined;
  end(isCommitted: boolean): void;
  close(): void;
}>;

/** A statement on its way. */
class Query implements Step {
  readonly to = 'mysql';
  readonly what: string;
  readonly process: Process;
  readonly #around: Around;
  readonly #server: Server;
  readonly #told: Told;
  #go: ((nowMs: number) => Answer | Blocked) | undefined;
  #own: Work | undefined;
  #blockedBy: Work | undefined;
  patienceMs?: number;

  constructor(around: Around, what: string, server: Server, told: Told) {
    this.process = around.process;
    this.#around = around;
    this.what = what;
    this.#server = server;
    this.#told = told;
  }

  isReady(): boolean {
    return this.#blockedBy === undefined || this.#blockedBy.isOver;
  }

  isWoken(): boolean {
    return this.#blockedBy?.isOver ?? false;
  }

  act(): (() => void) | undefined {
    // Given up by the server before it was heard.
    if (this.#server.isClosed()) return this.lose();
    try {
      const answer = this.#answer();
      this.#hear(answer ?? 'waits');
      if (!answer) return undefined;
      this.#own?.end(true);
      return () => this.#told(undefined, 'insertId' in answer ? answer : [...answer]);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#own?.end(false);
      if (error.errno === 1213) this.#server.end(false);
      this.#hear({ errno: error.errno });
      return () => this.#told(error, []);
    }
  }

  #hear(said: Said['said']): void {
    const { hear, simulation } = this.#around;
    hear?.({ connection: this.#server.threadId, sql: this.what, nowMs: simulation.time.nowMs, said });
  }

  #answer(): Answer | undefined {
    if (this.what === 'commit') {
      this.#server.end(true);
      return nothing;
    }
    const { engine, simulation } = this.#around;
    if (!this.#go) {
      const work = this.#server.current() ?? (this.#own = new Work());
      this.#go = engine.prepare(this.what, work);
    }
    const answer = this.#go(simulation.time.nowMs);
    if (!(answer instanceof Blocked)) return answer;
    const { elapsedMs } = simulation.time;
    if (this.patienceMs !== undefined && this.patienceMs <= elapsedMs)
      throw new SqlError(1205, 'ER_LOCK_WAIT_TIMEOUT', 'Lock wait timeout exceeded; try restarting transaction');
    this.#blockedBy = answer.by;
    this.patienceMs ??= elapsedMs + longestLockWaitMs;
    return undefined;
  }

  lose(): () => void {
    this.#own?.end(false);
    this.#server.close();
    const lost = new Error('Connection lost: The server closed the connection.');
    return () => this.#told(Object.assign(lost, { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }), []);
  }

  refuse(): () => void {
    this.#own?.end(false);
    this.#server.end(false);
    const deadlock = new SqlError(1213, 'ER_LOCK_DEADLOCK', 'Deadlock found when trying to get lock');
    return () => this.#told(deadlock, []);
  }
}
