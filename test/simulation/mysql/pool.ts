import { EventEmitter } from 'node:events';
import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import { type RawConnection, Session } from '../../../src/mysql/session.ts';
import { type Around, isNoStep, Query, type Server, type Told } from './query.ts';
import { Work } from './tables.ts';
import { statementsOf } from './tokens.ts';

const longestSilenceMs = 10_000;

/** A pool of connections to the double, in the place of the driver's; `around` is asked who uses it now. */
export class Pool implements MysqlPool {
  readonly #around: () => Around;
  #idle: Session[] = [];
  #process: Around['process'] | undefined;

  constructor(around: () => Around) {
    this.#around = around;
  }

  getConnection(callback: (error: unknown, connection: MysqlPoolConnection) => void): void {
    const around = this.#around();
    // The connections of one that has died are gone with it.
    if (around.process !== this.#process) this.#idle = [];
    this.#process = around.process;
    callback(undefined, this.#idle.pop() ?? this.#open(around));
  }

  end(callback: (error: unknown) => void): void {
    callback(undefined);
  }

  #open(around: Around): Session {
    const raw: RawConnection = new Connection(around, () => this.#idle.push(session));
    const session = new Session(raw, () => {});
    return session;
  }
}

let lastThreadId = 0;

class Connection implements RawConnection {
  readonly config = {};
  readonly threadId: number;
  readonly #around: Around;
  readonly #giveBack: () => void;
  #isClosed = false;
  #work: Work | undefined;
  #heardMs = 0;
  #watch: number | undefined;

  constructor(around: Around, giveBack: () => void) {
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
    if (!this.#isClosed) this.#giveBack();
  }

  /** The server undoes what has not been committed. */
  close(): void {
    this.#isClosed = true;
    this.#end(false);
    this.#around.process.connections.delete(this);
  }

  /** MikroORM has written its values into it. */
  format(sql: string): string {
    return sql;
  }

  query(sql: string, callback?: Told): Command {
    const command = new Command();
    if (callback) this.#ask(statementsOf(sql), callback, command);
    return command;
  }

  #ask(statements: readonly string[], told: Told, command: Command): void {
    if (this.#isClosed) {
      told(new Error("Can't add new command when connection is in closed state"), []);
      return;
    }
    const query = new Query(this.#around, statements, this.#server(command), told);
    // What cannot go wrong in a way of its own is no step.
    if (statements.every(isNoStep)) query.act()?.();
    else this.#around.simulation.ask(query);
  }

  #begin(): void {
    // As MySQL does: what had been begun is committed.
    this.#end(true);
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

  #server(command: Command): Server {
    return {
      threadId: this.threadId,
      isClosed: () => this.#isClosed,
      current: () => this.#work,
      heard: () => (this.#heardMs = this.#around.simulation.time.elapsedMs),
      begin: () => this.#begin(),
      answered: () => void command.emit('fields'),
      end: (isCommitted) => this.#end(isCommitted),
      close: () => this.close(),
    };
  }
}

/** What is under way, as the driver tells of it. */
class Command extends EventEmitter {
  stream(): never {
    throw new Error('the double streams nothing');
  }
}
