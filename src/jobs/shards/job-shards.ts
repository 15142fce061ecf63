import { type createRedisBackend, QueueKeys, RedisConnection, RedisQueueBackend as Backend } from 'bullmq';
import { forgetOldest } from '../../process/forget-oldest.ts';
import type { Shards } from './shards.ts';

/** What a method of BullMQ's way to Redis is given. */
export type Given<Name extends keyof Backend> = Backend[Name] extends (...given: infer All) => unknown ? All : never;

/** What the shards of a queue are opened with; `connect` gives what each further one is waited for on, where jobs are waited for. */
export type Parts = Readonly<{
  name: string;
  opts: Parameters<typeof createRedisBackend>[1];
  shards: Shards;
  connect: (() => ConstructorParameters<typeof RedisConnection>[0]) | undefined;
}>;

// Of a worker's jobs, and of what a page shows, it is known where they are; of others it is asked.
const mostPlaces = 20_000;

/**
 * Several of BullMQ's queues, each under keys of its own, on one connection. What is asked about a job goes to the one that holds it.
 */
export class JobShards extends Backend {
  readonly #parts: Parts;
  protected readonly opened: Backend[];
  readonly #holders = new Map<string, Backend>();
  protected readonly first: Backend;

  constructor(first: Backend, parts: Parts) {
    super(first.connection, parts.name, first.keys, (type) => first.toKey(type), parts.opts, first.blockingConnection);
    // It hears of its connections too, as this one does.
    first.on('error', () => {});
    this.#parts = parts;
    this.first = first;
    this.opened = [first];
  }

  /** All of them, the first first. */
  shards(): readonly Backend[] {
    for (let shard = this.opened.length; shard < this.#parts.shards.known(); shard += 1)
      this.opened.push(this.#open(shard));
    return this.opened;
  }

  /** The one that holds a job; the first when none does. */
  async shardWith(jobId: string): Promise<Backend> {
    if (this.shards().length === 1) return this.first;
    return this.#holders.get(jobId) ?? (await this.#find(jobId)) ?? this.first;
  }

  /** Asks the one that holds the job. */
  protected async of<T>(jobId: string, ask: (shard: Backend) => Promise<T>): Promise<T> {
    return ask(await this.shardWith(jobId));
  }

  /** Asks each, also those of which it has not been known yet. */
  protected async each<T>(ask: (shard: Backend) => Promise<T>): Promise<T[]> {
    await this.#parts.shards.look();
    return Promise.all(this.shards().map(ask));
  }

  /** Remembers that a shard holds a job. */
  protected note(jobId: string, shard: Backend): void {
    forgetOldest(this.#holders.set(jobId, shard), mostPlaces);
  }

  async #find(jobId: string): Promise<Backend | undefined> {
    const client = await this.client;
    const found = await this.each(async (shard) =>
      (await client.hexists(shard.toKey(jobId), 'timestamp')) ? shard : undefined,
    );
    const holder = found.find((shard) => shard !== undefined);
    if (holder) this.note(jobId, holder);
    return holder;
  }

  #open(shard: number): Backend {
    const { name, opts, shards, connect } = this.#parts;
    const prefix = shards.prefixOf(shard);
    const keys = new QueueKeys(prefix);
    const waiting = connect && new RedisConnection(connect(), { shared: false, blocking: true });
    waiting?.on('error', (error) => this.emit('error', error));
    const keyOf = (type: string) => keys.toKey(name, type);
    const own = Object.assign({}, opts, { prefix });
    return new Backend(this.connection, name, keys.getKeys(name), keyOf, own, waiting, false);
  }

  override async getJobData(...[jobId]: Given<'getJobData'>) {
    const found = await (await this.shardWith(jobId)).getJobData(jobId);
    if (found) return found;
    // It may have been added elsewhere since, or by a process that uses more of them.
    await this.#parts.shards.look();
    return this.shards().length === 1 ? undefined : (await this.#find(jobId))?.getJobData(jobId);
  }

  override isJobInState(...of: Given<'isJobInState'>) {
    return this.of(of[1], (shard) => shard.isJobInState(...of));
  }

  override getState(...of: Given<'getState'>) {
    return this.of(of[0], (shard) => shard.getState(...of));
  }

  override isFinished(...of: Given<'isFinished'>) {
    return this.of(of[0], (shard) => shard.isFinished(...of));
  }

  override getJobLogs(...of: Given<'getJobLogs'>) {
    return this.of(of[0], (shard) => shard.getJobLogs(...of));
  }

  override addLog(...of: Given<'addLog'>) {
    return this.of(of[0], (shard) => shard.addLog(...of));
  }

  override clearLogs(...of: Given<'clearLogs'>) {
    return this.of(of[0], (shard) => shard.clearLogs(...of));
  }

  override updateData(...of: Given<'updateData'>) {
    return this.of(of[0].id ?? '', (shard) => shard.updateData(...of));
  }

  override updateProgress(...of: Given<'updateProgress'>) {
    return this.of(of[0], (shard) => shard.updateProgress(...of));
  }

  override changeDelay(...of: Given<'changeDelay'>) {
    return this.of(of[0], (shard) => shard.changeDelay(...of));
  }

  override changePriority(...of: Given<'changePriority'>) {
    return this.of(of[0], (shard) => shard.changePriority(...of));
  }

  override promote(...of: Given<'promote'>) {
    return this.of(of[0], (shard) => shard.promote(...of));
  }

  override remove(...of: Given<'remove'>) {
    return this.of(of[0], (shard) => shard.remove(...of));
  }

  override retryJob(...of: Given<'retryJob'>) {
    return this.of(of[0], (shard) => shard.retryJob(...of));
  }

  override retryFinishedJob(...of: Given<'retryFinishedJob'>) {
    return this.of(of[0].id ?? '', (shard) => shard.retryFinishedJob(...of));
  }

  override moveJobFromActiveToWait(...of: Given<'moveJobFromActiveToWait'>) {
    return this.of(of[0], (shard) => shard.moveJobFromActiveToWait(...of));
  }

  override extendLock(...of: Given<'extendLock'>) {
    return this.of(of[0], (shard) => shard.extendLock(...of));
  }

  override async extendLocks(...[jobIds, tokens, ms]: Given<'extendLocks'>) {
    const holders = await Promise.all(jobIds.map((id) => this.shardWith(id)));
    const extending = this.opened.map(async (shard) => {
      const of = (texts: readonly string[]) => texts.filter((_, index) => holders[index] === shard);
      const own = of(jobIds);
      return own.length === 0 ? [] : shard.extendLocks(own, of(tokens), ms);
    });
    return (await Promise.all(extending)).flat();
  }
}
