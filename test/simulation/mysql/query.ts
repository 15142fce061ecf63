import type { Process, Simulation, Step } from '../simulation.ts';
import { type Answer, Blocked, type Engine } from './engine.ts';
import { SqlError } from './sql-error.ts';
import { Work } from './tables.ts';

/** What a server was asked on a connection, and what it said: `waits` until it says more. */
export type Said = Readonly<{
  connection: number;
  sql: string;
  nowMs: number;
  said: Answer | 'waits' | Readonly<{ errno: number }>;
}>;
/** Hears how a text ended. */
export type Told = (error: unknown, result: unknown) => void;
/** Who asks, and whom. */
export type Around = Readonly<{
  process: Process;
  simulation: Simulation;
  engine: Engine;
  hear?: (said: Said) => void;
}>;

/** The server's side of a connection. */
export type Server = Readonly<{
  threadId: number;
  isClosed(): boolean;
  current(): Work | undefined;
  /** Somebody says something, or is being worked for. */
  heard(): void;
  begin(): void;
  /** The answer to a statement has arrived. */
  answered(): void;
  end(isCommitted: boolean): void;
  close(): void;
}>;

const nothing = { affectedRows: 0, changedRows: 0, insertId: 0 };
// As every session of the product sets it.
const longestLockWaitMs = 5_000;

/** Whether a statement is carried out with the next one: nothing of its own can go wrong with it. */
export function isNoStep(sql: string): boolean {
  return /^(begin|rollback|set )/.test(sql);
}

/** A text on its way. Its statements are carried out one a step: others come between, and faults. The first that fails ends them. */
export class Query implements Step {
  readonly to = 'mysql';
  readonly process: Process;
  readonly #around: Around;
  readonly #statements: readonly string[];
  readonly #server: Server;
  readonly #told: Told;
  readonly #answers: Answer[] = [];
  #go: ((nowMs: number) => Answer | Blocked) | undefined;
  #own: Work | undefined;
  #blockedBy: Work | undefined;
  patienceMs?: number | undefined;

  constructor(around: Around, statements: readonly string[], server: Server, told: Told) {
    this.process = around.process;
    this.#around = around;
    this.#statements = statements;
    this.#server = server;
    this.#told = told;
    server.heard();
  }

  /** The statement that this step is about. */
  what(): () => string {
    const done = this.#answers.length;
    return () => {
      const left = this.#statements.slice(done);
      return left.find((sql) => !isNoStep(sql)) ?? left[0] ?? '';
    };
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
    this.#server.heard();
    try {
      for (;;) {
        const isNone = isNoStep(this.#next);
        const answer = this.#answer();
        this.#hear(answer ?? 'waits');
        if (!answer) return undefined;
        this.#keep(answer);
        if (this.#answers.length === this.#statements.length) return () => this.#tell(undefined);
        if (!isNone) return undefined;
      }
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#own?.end(false);
      if (error.errno === 1213) this.#server.end(false);
      this.#hear({ errno: error.errno });
      return () => this.#tell(error);
    }
  }

  get #next(): string {
    return this.#statements[this.#answers.length] ?? '';
  }

  #keep(answer: Answer): void {
    this.#own?.end(true);
    this.#own = undefined;
    this.#go = undefined;
    this.#blockedBy = undefined;
    this.patienceMs = undefined;
    this.#answers.push(answer);
  }

  /** As the driver does: one statement has no list of answers. */
  #tell(error: unknown): void {
    for (const _ of this.#answers) this.#server.answered();
    const answers = this.#answers.map((answer) => ('insertId' in answer ? answer : [...answer]));
    const [only = []] = answers;
    this.#told(error, error ? [] : this.#statements.length === 1 ? only : answers);
  }

  #hear(said: Said['said']): void {
    const { hear, simulation } = this.#around;
    hear?.({ connection: this.#server.threadId, sql: this.#next, nowMs: simulation.time.nowMs, said });
  }

  #answer(): Answer | undefined {
    if (isNoStep(this.#next) || this.#next === 'commit') return this.#manage();
    const { engine, simulation } = this.#around;
    if (!this.#go) {
      const work = this.#server.current() ?? (this.#own = new Work());
      this.#go = engine.prepare(this.#next, work);
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

  /** What reads and writes nothing. */
  #manage(): Answer {
    if (this.#next === 'begin') this.#server.begin();
    if (this.#next === 'commit' || this.#next === 'rollback') this.#server.end(this.#next === 'commit');
    return nothing;
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
    return () => this.#tell(deadlock);
  }
}
