import { Socket } from 'node:net';
import {
  type Connection,
  createConnection,
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
} from 'mysql2';
import { z } from 'zod';
import { TooLate } from '../process/deadline.ts';
import type { Host } from '../variable-kinds.ts';
import { longestAskMs } from './ask-rows.ts';
import { isAway } from './faults.ts';
import { Session } from './session.ts';
import { serverOf, type Threads, threadsOf } from './threads.ts';

/** A session that has waited for longer than a server may take to say what it is. */
type Silent = Readonly<{ raw: PoolConnection; session: Session; sinceMs: number }>;

const longestTrustMs = 30_000;

// Asked once in vain, a server may have been too busy just then.
const mostUnheard = 2;

/**
 * What a server was last found to do with the statement that a session has waited for since then: until when nobody asks again, and, where
 * it had nothing to do, how many bytes the session had been answered.
 */
type Seen = Readonly<{ sinceMs: number; untilMs: number; restedAtBytes?: number }>;

/** A server: its pool, and one connection beside it by which it is asked what it is, however busy the pool is. */
export class Server {
  readonly host: Host;
  readonly pool: Pool;
  readonly #anywhere: PoolOptions;
  readonly #asking: Pool;
  readonly #onFenced: () => void;
  readonly #sessions = new Map<PoolConnection, Session>();
  /** What the servers of sessions call themselves: behind a proxy they may be different ones. */
  readonly #servers = new WeakMap<Session, string>();
  readonly #seen = new WeakMap<Session, Seen>();
  /** Those who wait for a connection out of the pool. */
  readonly #waiting = new Set<(refusal: Error) => void>();
  #isLooking = false;
  /** How often in a row nothing has been heard of it, when it was asked on a connection of its own. */
  #unheard = 0;

  /** `onFenced` hears of each refusal that says that another server is the one for writes. */
  constructor(host: Host, options: PoolOptions, onFenced: () => void) {
    const own = { ...options, ...host };
    // What a server is it says before there is a database.
    const { database: _, ...anywhere } = own;
    this.host = host;
    this.pool = createPool(own);
    this.#anywhere = anywhere;
    this.#asking = createPool({ ...anywhere, connectionLimit: 1 });
    this.#onFenced = onFenced;
  }

  /** Whether nobody has a connection of it any more. */
  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  async open(): Promise<Session> {
    for (;;) {
      const raw = await this.#connect();
      const session = this.#sessions.get(raw) ?? (await this.#begin(raw));
      if (!session.isSpoilt) return session;
      this.#sessions.delete(raw);
      session.release();
    }
  }

  /** Whether the server says of itself that it is what is looked for. */
  async answers(isRight: (connection: PoolConnection) => Promise<boolean>): Promise<boolean> {
    const raw = await connect(this.#asking);
    try {
      const isSo = await isRight(raw);
      raw.release();
      return isSo;
    } catch (error) {
      // It may answer something late.
      raw.destroy();
      throw error;
    }
  }

  /** Nobody gets a connection of it any more, and who waits for an answer learns that it does not come. */
  close(): void {
    for (const session of this.#sessions.values()) session.cut('another server has taken its place');
    this.end();
  }

  /** Nobody gets a connection of it any more; who waits for an answer still gets it. */
  end(callback: (error: unknown) => void = () => {}): void {
    this.#asking.end(() => {});
    this.pool.end(callback);
  }

  /**
   * Ends the sessions whose answers do not come any more, although nobody has hung up: the server itself is asked what has become of their
   * threads. What it still works on may take as long as it will. With one that is lost, none to the same server is given to anybody else.
   * Where nothing at all is heard of the server, reads are given up, and who waits for a connection is refused.
   */
  async endLost(): Promise<void> {
    if (this.#isLooking) return;
    const silent = this.#silent();
    if (silent.length === 0) {
      this.#unheard = 0;
      return;
    }
    this.#isLooking = true;
    const threads = await this.#ask(silent.map(({ session }) => session.threadId));
    this.#isLooking = false;
    if (this.#isMute) this.#refuseWaiting();
    const lost = silent.filter((one) => one.session.waitsSinceMs === one.sinceMs && this.#isLost(one, threads));
    for (const one of lost) this.#lose(one);
    if (lost.length > 0) for (const session of this.#sessions.values()) session.spoil();
    // Whether it is there again shows whoever comes next, where nobody is left by whom it is asked about.
    if (this.#silent().length === 0) this.#unheard = 0;
  }

  async #begin(raw: PoolConnection): Promise<Session> {
    const session = new Session(raw, this.#onFenced);
    const forget = () => this.#sessions.delete(raw);
    raw.once('error', forget).once('end', forget);
    this.#sessions.set(raw, session);
    try {
      this.#servers.set(session, await serverOf(session));
      return session;
    } catch (error) {
      forget();
      raw.destroy();
      throw error;
    }
  }

  /** Whether nothing is heard of it. It may still be at work, or go on where it has stopped. */
  get #isMute(): boolean {
    return this.#unheard >= mostUnheard;
  }

  async #ask(ids: readonly number[]): Promise<Threads | undefined> {
    try {
      const threads = await this.#askAnew((connection) => threadsOf(connection, ids));
      this.#unheard = 0;
      return threads;
    } catch (error) {
      // A server that refuses to say is there, and so is one that says what nobody here understands.
      this.#unheard = isSilence(error) ? this.#unheard + 1 : 0;
      return undefined;
    }
  }

  #connect(): Promise<PoolConnection> {
    // Whoever waits is kept by the driver, even when refused, and would be served before those who still want something.
    if (this.#isMute) return Promise.reject(noAnswer());
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.pool.getConnection((error, connection) => {
        const isAwaited = this.#waiting.delete(reject);
        if (error) reject(error);
        else if (isAwaited) resolve(connection);
        else connection.release();
      });
    });
  }

  /** Those who hold its connections may hold them for as long as it says nothing. */
  #refuseWaiting(): void {
    const refusal = noAnswer();
    for (const refuse of this.#waiting) refuse(refusal);
    this.#waiting.clear();
  }

  #silent(): readonly Silent[] {
    const nowMs = performance.now();
    return [...this.#sessions].flatMap(([raw, session]) => {
      const sinceMs = session.waitsSinceMs;
      if (sinceMs === undefined || sinceMs >= nowMs - longestAskMs) return [];
      const seen = this.#seen.get(session);
      return seen?.sinceMs === sinceMs && nowMs < seen.untilMs ? [] : [{ raw, session, sinceMs }];
    });
  }

  #isLost({ raw, session, sinceMs }: Silent, threads: Threads | undefined): boolean {
    // Nothing has been asked of it but who it is.
    if (!this.#servers.has(session)) return true;
    if (this.#isMute) return session.isReading;
    if (threads?.server !== this.#servers.get(session)) return false;
    const command = threads?.commands.get(session.threadId);
    if (command === undefined) return true;
    const before = this.#seen.get(session);
    if (command !== 'Sleep') {
      // The longer it has taken, the longer may pass until it is asked about again.
      const nowMs = performance.now();
      this.#seen.set(session, { sinceMs, untilMs: nowMs + Math.min(nowMs - sinceMs, longestTrustMs) });
      return false;
    }
    const restedAtBytes = socketOf(raw).bytesRead;
    this.#seen.set(session, { sinceMs, untilMs: 0, restedAtBytes });
    // Seen once, its answer may be under way; and a long one comes in pieces.
    return before?.sinceMs === sinceMs && before.restedAtBytes === restedAtBytes;
  }

  #lose({ raw, session }: Silent): void {
    const socket = socketOf(raw);
    this.#sessions.delete(raw);
    session.cut(this.#isMute ? 'its server does not answer' : 'its server has nothing to answer any more');
    // The driver would say goodbye, and wait for one.
    socket.destroy();
  }

  /** Asks on a connection of its own, for any other may be as silent. */
  async #askAnew<T>(question: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = createConnection(this.#anywhere);
    // Whoever asks hears of it.
    connection.on('error', () => {});
    try {
      await new Promise<void>((resolve, reject) => {
        connection.connect((error) => (error ? reject(error) : resolve()));
      });
      return await question(connection);
    } finally {
      connection.destroy();
    }
  }
}

/** Whether an error says that nothing was heard of the server, and not what it has answered. */
function isSilence(error: unknown): boolean {
  return error instanceof TooLate || (isAway(error) && !(error instanceof Error && 'sqlState' in error));
}

function noAnswer(): Error {
  return Object.assign(new Error('its server does not answer'), { code: 'ETIMEDOUT' });
}

function connect(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  });
}

// The driver has it, and does not say so in its types.
const DriverConnection = z.object({ stream: z.instanceof(Socket) });

function socketOf(raw: PoolConnection): Socket {
  return DriverConnection.parse(raw).stream;
}
