import type { MysqlPool } from 'kysely';
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2';
import type { Host } from '../variable-kinds.ts';
import { NoWritableServer } from './faults.ts';
import { Session } from './session.ts';
import { isThere, isWritable } from './writable.ts';

/**
 * What is looked for: the one of `hosts` that takes writes; or, to read, any of `replicas`, and of `hosts` only when none of them is there.
 */
export type Wanted = Readonly<{ hosts: readonly Host[]; replicas?: readonly Host[] }>;

/** A server: its pool, and one connection beside it by which it is asked what it is, however busy the pool is. */
type Place = Readonly<{ host: Host; pool: Pool; asking: Pool; sessions: Map<PoolConnection, Session> }>;

type Callback = Parameters<MysqlPool['getConnection']>[0];

const lookEveryMs = 1_000;

/**
 * A pool of connections to one of several servers at a time, which is found on first use, and found again when it is no longer the one.
 * A single server is taken for the one, whatever its name leads to.
 */
export class Servers implements MysqlPool {
  readonly #tiers: readonly (readonly Host[])[];
  readonly #isRight: (connection: PoolConnection) => Promise<boolean>;
  readonly #options: PoolOptions;
  readonly #isAlone: boolean;
  #current: Place;
  #isFound: boolean;
  #searching: Promise<void> | undefined;
  #watch: NodeJS.Timeout | undefined;
  #refusal: unknown;

  constructor({ hosts, replicas }: Wanted, options: PoolOptions) {
    this.#tiers = replicas ? [replicas, hosts] : [hosts];
    this.#isRight = replicas ? isThere : isWritable;
    this.#options = options;
    const [first, ...others] = this.#tiers.flat();
    if (!first) throw new TypeError('a pool needs a server');
    this.#isAlone = others.length === 0;
    this.#isFound = this.#isAlone;
    this.#current = openPlace(first, options);
  }

  /** The pool of the server that is used now. */
  get pool(): Pool {
    return this.#current.pool;
  }

  getConnection(callback: Callback): void {
    void this.#give(callback);
  }

  end(callback: (error: unknown) => void): void {
    clearInterval(this.#watch);
    this.#current.asking.end(() => {});
    this.#current.pool.end(callback);
  }

  async #give(callback: Callback): Promise<void> {
    const given: unknown[] = await this.#acquire().then(
      (session) => [undefined, session],
      (error: unknown) => [error],
    );
    // With an error there is no connection, which the callback's type does not provide for.
    Reflect.apply(callback, undefined, given);
  }

  async #acquire(): Promise<Session> {
    if (!this.#isFound) await this.#searchOnce();
    try {
      return await this.#open();
    } catch (error) {
      if (this.#isAlone) throw error;
      await this.#searchOnce();
      return this.#open();
    }
  }

  async #open(): Promise<Session> {
    const { pool, sessions } = this.#current;
    const raw = await connect(pool);
    const known = sessions.get(raw);
    if (known) return known;
    const session = new Session(raw, () => this.#doubt());
    const forget = () => sessions.delete(raw);
    raw.once('error', forget).once('end', forget);
    sessions.set(raw, session);
    return session;
  }

  #searchOnce(): Promise<void> {
    this.#searching ??= this.#search().finally(() => (this.#searching = undefined));
    this.#watch ??= setInterval(() => void this.#look(), lookEveryMs).unref();
    return this.#searching;
  }

  /** Finds where it is now, others first: whoever searches has doubts about the present one. */
  async #search(): Promise<void> {
    this.#refusal = undefined;
    const isCurrent = (host: Host) => this.#isFound && host === this.#current.host;
    const groups = this.#tiers.flatMap((tier) => [tier.filter((host) => !isCurrent(host)), tier.filter(isCurrent)]);
    for (const group of groups) {
      const attempts = group.map((host) => this.#probe(host));
      const found = await Promise.any(attempts).catch(() => undefined);
      if (!found) continue;
      if (found !== this.#current) this.#leave(found);
      this.#current = found;
      this.#isFound = true;
      // Others that would have done are asked for when they are wanted.
      for (const attempt of attempts) attempt.then((place) => place === found || close(place)).catch(() => {});
      return;
    }
    throw none(this.#refusal);
  }

  /** A server that is left for a better one is well itself: what is being read there is read to its end. */
  #leave({ host }: Place): void {
    const [best = []] = this.#tiers;
    if (best.includes(host) && !best.includes(this.#current.host)) end(this.#current);
    else close(this.#current);
  }

  async #probe(host: Host): Promise<Place> {
    const place = host === this.#current.host ? this.#current : openPlace(host, this.#options);
    try {
      if (await holds(place, this.#isRight)) return place;
    } catch (error) {
      this.#refusal = error;
    }
    if (place !== this.#current) close(place);
    throw none(this.#refusal);
  }

  async #look(): Promise<void> {
    const isPreferred = this.#tiers[0]?.includes(this.#current.host);
    if (!isPreferred || !(await holds(this.#current, this.#isRight).catch(() => false))) this.#doubt();
  }

  #doubt(): void {
    if (!this.#isAlone) this.#searchOnce().catch(() => {});
  }
}

function openPlace(host: Host, options: PoolOptions): Place {
  const own = { ...options, ...host };
  // What a server is it says before there is a database.
  const { database: _, ...anywhere } = own;
  return { host, pool: createPool(own), asking: createPool({ ...anywhere, connectionLimit: 1 }), sessions: new Map() };
}

/** Nobody gets a connection of it any more, and who waits for an answer learns that it does not come. */
function close(place: Place): void {
  for (const session of place.sessions.values()) session.cut();
  end(place);
}

/** Nobody gets a connection of it any more; who waits for an answer still gets it. */
function end({ pool, asking }: Place): void {
  pool.end(() => {});
  asking.end(() => {});
}

/** The last that a server was heard to say, or the network of it, is the best reason that there is. */
function none(cause: unknown): NoWritableServer {
  return new NoWritableServer('no server of those named can be used now', { cause });
}

async function holds({ asking }: Place, isRight: (connection: PoolConnection) => Promise<boolean>): Promise<boolean> {
  const raw = await connect(asking);
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

function connect(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  });
}
