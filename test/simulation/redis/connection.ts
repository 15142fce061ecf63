import { type Command, Redis, ReplyError } from 'ioredis';
import type { Process, Simulation, Step } from '../simulation.ts';
import { type Keyspace, Refused, type Reply } from './keyspace.ts';

/** What Redis was asked, and what it answered. */
export type Replied = Readonly<{ nowMs: number; words: readonly string[]; reply: Reply | Readonly<{ error: string }> }>;
type Around = Readonly<{
  process: Process;
  simulation: Simulation;
  keyspace: Keyspace;
  hear?: ((replied: Replied) => void) | undefined;
}>;

// The client's own, by which the product tells a refusal from an outage; it comes without a type.
const Known: new (message: string) => Error = ReplyError;
const reconnectMs = 100;
const commandTimeoutMs = 1_500;

/** The product's own client, whose commands go to the double. */
export class Connection extends Redis {
  readonly #around: Around;

  constructor(around: Around) {
    super({ lazyConnect: true });
    this.#around = around;
    this.status = 'ready';
  }

  override sendCommand(command: Command): unknown {
    const { simulation } = this.#around;
    const loseIt = () => this.lose();
    simulation.ask(new Sent(this.#around, command, { isReady: () => this.status === 'ready', lose: loseIt }));
    return command.promise;
  }

  /** The connection is lost, and comes back. */
  lose(): void {
    if (this.status !== 'ready') return;
    this.status = 'reconnecting';
    const { simulation, process } = this.#around;
    simulation.time.as(process, () =>
      setTimeout(() => {
        this.status = 'ready';
        this.emit('ready');
      }, reconnectMs),
    );
  }
}

class Sent implements Step {
  readonly to = 'redis';
  readonly process: Process;
  readonly patienceMs: number;
  readonly isReady: () => boolean;
  readonly #keyspace: Keyspace;
  readonly #command: Command;
  readonly #loseConnection: () => void;
  readonly #time: Simulation['time'];
  readonly #hear: Around['hear'];

  constructor(
    { process, simulation, keyspace, hear }: Around,
    command: Command,
    connection: Readonly<{ isReady(): boolean; lose(): void }>,
  ) {
    this.process = process;
    this.#time = simulation.time;
    this.#hear = hear;
    this.patienceMs = simulation.time.elapsedMs + commandTimeoutMs;
    this.isReady = () => connection.isReady();
    this.#keyspace = keyspace;
    this.#command = command;
    this.#loseConnection = () => connection.lose();
  }

  what(): () => string {
    const { name, args } = this.#command;
    return () => [name, ...args.map((arg) => String(arg).slice(0, 40))].join(' ');
  }

  act(): () => void {
    const words = this.#command.args.map(String);
    const reply = this.#reply(words);
    this.#hear?.({
      nowMs: this.#time.nowMs,
      words: [this.#command.name, ...words],
      reply: reply instanceof Error ? { error: reply.message } : reply,
    });
    if (reply instanceof Error) return () => this.#command.reject(reply);
    return () => this.#command.resolve(reply);
  }

  lose(): () => void {
    this.#loseConnection();
    return () => this.#command.reject(new Error('Command timed out'));
  }

  #reply(words: readonly string[]): Reply | Error {
    if (!this.isReady() && this.patienceMs <= this.#time.elapsedMs) return new Error('Command timed out');
    try {
      return this.#keyspace.do(this.#command.name.toLowerCase(), words);
    } catch (error) {
      if (error instanceof Refused) return new Known(error.message);
      throw error;
    }
  }
}
