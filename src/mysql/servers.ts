import type { MysqlPool } from 'kysely';
import type { Pool, PoolConnection, PoolOptions } from 'mysql2';
import type { Host } from '../variable-kinds.ts';
import { openOwnClock, type OwnClock } from '../process/own-clock.ts';
import { NoWritableServer } from './faults.ts';
import { Server } from './server.ts';
import type { Session } from './session.ts';
import { isThere, isWritable } from './writable.ts';

/**
 * What is looked for: the one of `hosts` that takes writes; or, to read, any of `replicas`, and the former only when none of them is
 * there with the schema that is read.
 */
export type Wanted = Readonly<{ hosts: readonly Host[]; replicas?: readonly Host[] }>;

/** Servers of which any will do, and how one shows that it is right; those of an earlier tier are better. */
type Tier = Readonly<{ hosts: readonly Host[]; isRight: (connection: PoolConnection) => Promise<boolean> }>;

type Callback = Parameters<MysqlPool['getConnection']>[0];

const lookEveryMs = 1_000;

/**
 * A pool of connections to one of several servers at a time, which is found on first use, and found again when it is no longer the one.
 * A single server is taken for the one, whatever its name leads to.
 */
export class Servers implements MysqlPool {
  readonly #tiers: readonly [Tier, ...Tier[]];
  readonly #options: PoolOptions;
  readonly #isAlone: boolean;
  /** Those that were left well, until they have answered. */
  readonly #left = new Set<Server>();
  #current: Server;
  #isFound: boolean;
  #searching: Promise<void> | undefined;
  #watch: NodeJS.Timeout | undefined;
  #refusal: unknown;
  readonly #waiting = new Set<Readonly<{ sinceMs: number }>>();
  /** Open as long as somebody waits. */
  #clock: OwnClock | undefined;

  /** `hasSchema` is what a replica has to show. */
  constructor({ hosts, replicas }: Wanted, options: PoolOptions, hasSchema: Tier['isRight'] = isThere) {
    // Of several, the one that takes writes is read as well: whichever answered first would be another each time.
    const written = { hosts, isRight: hosts.length > 1 ? isWritable : isThere };
    this.#tiers = replicas ? [{ hosts: replicas, isRight: hasSchema }, written] : [written];
    this.#options = options;
    const [first, ...others] = this.#tiers.flatMap((tier) => tier.hosts);
    if (!first) throw new TypeError('a pool needs a server');
    this.#isAlone = others.length === 0;
    this.#isFound = this.#isAlone;
    this.#current = this.#openServer(first);
  }

  /** The pool of the server that is used now. */
  get pool(): Pool {
    return this.#current.pool;
  }

  /**
   * How long the first of those who wait for a connection has been waiting, ms; whichever server they will get one to. While this process
   * stood still nobody could be given one.
   */
  longestWaitMs(): number {
    const [first] = this.#waiting;
    return first && this.#clock ? this.#clock.elapsedMs() - first.sinceMs : 0;
  }

  getConnection(callback: Callback): void {
    void this.#give(callback);
  }

  end(callback: (error: unknown) => void): void {
    clearInterval(this.#watch);
    this.#current.end(callback);
  }

  async #give(callback: Callback): Promise<void> {
    this.#clock ??= openOwnClock();
    const waiter = { sinceMs: this.#clock.elapsedMs() };
    this.#waiting.add(waiter);
    const given: unknown[] = await this.#acquire().then(
      (session) => [undefined, session],
      (error: unknown) => [error],
    );
    this.#waiting.delete(waiter);
    if (this.#waiting.size === 0) this.#clock = this.#clock?.close();
    // With an error there is no connection, which the callback's type does not provide for.
    Reflect.apply(callback, undefined, given);
  }

  async #acquire(): Promise<Session> {
    this.#watch ??= setInterval(() => this.#look(), lookEveryMs).unref();
    if (!this.#isFound) await this.#searchOnce();
    try {
      return await this.#current.open();
    } catch (error) {
      if (this.#isAlone) throw error;
      await this.#searchOnce();
      return this.#current.open();
    }
  }

  #searchOnce({ hasDoubts = true } = {}): Promise<void> {
    this.#searching ??= this.#search(hasDoubts).finally(() => (this.#searching = undefined));
    return this.#searching;
  }

  /** Finds where it is now. Of a tier, others come first for whoever has doubts about the present one, and otherwise that one. */
  async #search(hasDoubts: boolean): Promise<void> {
    this.#refusal = undefined;
    const isCurrent = (host: Host) => this.#isFound && host === this.#current.host;
    const groups = this.#tiers.flatMap(({ hosts, isRight }) => {
      const [own, others] = [hosts.filter(isCurrent), hosts.filter((host) => !isCurrent(host))];
      return (hasDoubts ? [others, own] : [own, others]).map((some) => ({ some, isRight }));
    });
    for (const { some, isRight } of groups) {
      const attempts = some.map((host) => this.#probe(host, isRight));
      const found = await Promise.any(attempts).catch(() => undefined);
      if (!found) continue;
      if (found !== this.#current) this.#leave(found);
      this.#current = found;
      this.#isFound = true;
      // Others that would have done are asked for when they are wanted.
      for (const attempt of attempts) attempt.then((server) => server === found || server.close()).catch(() => {});
      return;
    }
    throw none(this.#refusal);
  }

  /** A server that is left for a better one is well itself: what is being read there is read to its end. */
  #leave({ host }: Server): void {
    if (this.#isBest(host) && !this.#isBest(this.#current.host)) {
      this.#left.add(this.#current);
      this.#current.end();
    } else this.#current.close();
  }

  #isBest(host: Host): boolean {
    return this.#tiers[0].hosts.includes(host);
  }

  async #probe(host: Host, isRight: Tier['isRight']): Promise<Server> {
    const server = host === this.#current.host ? this.#current : this.#openServer(host);
    try {
      if (await server.answers(isRight)) return server;
    } catch (error) {
      this.#refusal = error;
    }
    if (server !== this.#current) server.close();
    throw none(this.#refusal);
  }

  #look(): void {
    for (const server of [this.#current, ...this.#left]) {
      void server.endLost();
      if (server.isEmpty) this.#left.delete(server);
    }
    if (!this.#isAlone) void this.#judge();
  }

  async #judge(): Promise<void> {
    if (!this.#isBest(this.#current.host)) this.#searchOnce({ hasDoubts: false }).catch(() => {});
    else if (!(await this.#current.answers(this.#tiers[0].isRight).catch(() => false))) this.#doubt();
  }

  #doubt(): void {
    if (!this.#isAlone) this.#searchOnce().catch(() => {});
  }

  #openServer(host: Host): Server {
    return new Server(host, this.#options, () => this.#doubt());
  }
}

/** The last that a server was heard to say, or the network of it, is the best reason that there is. */
function none(cause: unknown): NoWritableServer {
  return new NoWritableServer('no server of MYSQL_HOST can be used now: `npm run doctor` says what each lacks', {
    cause,
  });
}
