import { type BackendFactory, createRedisBackend, type JobType, type RedisQueueBackend as Backend } from 'bullmq';
import type { Given, Parts } from './job-shards.ts';
import { type Page, QueueShards } from './queue-shards.ts';
import { openSign } from './take-sign.ts';
import { type Marker, openWaits, type Waits } from './waits.ts';

// So many jobs in a row are fetched where one has just been ended, by the script that ends it. Then another shard has its turn.
const mostInTurn = 8;

/** A queue of BullMQ, or a worker of one, sees the whole by this, whatever it consists of. */
export function overShards(given: Pick<Parts, 'shards' | 'connect'>): BackendFactory<Backend> {
  return (name, opts, flags) => new ShardedQueue(createRedisBackend(name, opts, flags), { ...given, name, opts });
}

type Open = Readonly<{ getBackend(): Backend }>;

/** BullMQ's own queues behind one: itself, or its shards. */
export function shardsOf(queue: Open): readonly Backend[] {
  const backend = queue.getBackend();
  return backend instanceof ShardedQueue ? backend.shards() : [backend];
}

/** Under which key a queue holds a job. */
export async function keyOfJob(queue: Open, id: string): Promise<string> {
  return (await shardOfJob(queue, id)).toKey(id);
}

/** That of BullMQ's queues that holds a job. */
export async function shardOfJob(queue: Open, id: string): Promise<Backend> {
  const backend = queue.getBackend();
  return backend instanceof ShardedQueue ? backend.shardWith(id) : backend;
}

/** Ids of jobs that several shards hold; undefined where there is but one, which BullMQ lists by itself. */
export async function listShards(queue: Open, types: readonly JobType[], page: Page) {
  const backend = queue.getBackend();
  return backend instanceof ShardedQueue && backend.shards().length > 1 ? backend.list(types, page) : undefined;
}

/** Ids of jobs that each shard of a queue is asked for. */
export async function gatherIds(queue: Open, ask: (shard: Backend) => Promise<readonly string[]>) {
  const backend = queue.getBackend();
  return backend instanceof ShardedQueue ? backend.gather(ask) : ask(backend);
}

type Fetched = readonly unknown[] | void;

/** What a fetch finds where there is nothing: no job, and no moment to wait for. */
const nothing = () => [null, 0, 0, 0];

/** Jobs come into the shard of what they are about, and workers fetch from all of them in turns. */
class ShardedQueue extends QueueShards {
  readonly #parts: Parts;
  readonly #waits: Waits<Backend>;
  readonly #takeSign: () => Promise<boolean>;
  #next = 0;
  #ended = 0;
  #workerName: string | undefined;
  #isWoken = false;
  #isEmpty = false;

  constructor(first: Backend, parts: Parts) {
    super(first, parts);
    this.#parts = parts;
    this.#waits = openWaits(parts.shards.redis);
    this.#takeSign = openSign(first);
  }

  override async addJob(...[job, ...others]: Given<'addJob'>) {
    return this.#shardFor(job).addJob(job, ...others);
  }

  override async addJobs(...[entries]: Given<'addJobs'>) {
    const ids: string[] = [];
    const parts = Map.groupBy(entries.entries(), ([, { job }]) => this.#shardFor(job));
    const adding = [...parts].map(async ([shard, some]) => {
      const added = await shard.addJobs(some.map(([, entry]) => entry));
      for (const [place, [index]] of some.entries()) ids[index] = added[place] ?? '';
    });
    await Promise.all(adding);
    return ids;
  }

  #shardFor({ data }: Readonly<{ data: string }>): Backend {
    const { used, choose } = this.#parts.shards;
    return used === 1 ? this.first : (this.shards()[choose(JSON.parse(data))] ?? this.first);
  }

  override async moveToActive(...[token, name]: Given<'moveToActive'>) {
    const shards = this.shards();
    if (shards.length === 1) return this.#fetchAlone(token, name);
    this.#workerName = name;
    let [restMs, dueAtMs] = [0, Number.POSITIVE_INFINITY];
    for (let left = shards.length; left > 0; left -= 1) {
      const shard = shards[this.#next % shards.length] ?? this.first;
      this.#next += 1;
      const fetched: readonly unknown[] = await shard.moveToActive(token, name).catch((error: unknown) => {
        // Its server is away; the others' jobs go on meanwhile.
        this.emit('error', error);
        return [];
      });
      if (this.#hasJob(fetched, shard)) return [...fetched];
      restMs = Math.max(restMs, Number(fetched[2] ?? 0));
      dueAtMs = Math.min(dueAtMs, Number(fetched[3] ?? 0) || Number.POSITIVE_INFINITY);
    }
    return [null, 0, restMs, Number.isFinite(dueAtMs) ? dueAtMs : 0];
  }

  /**
   * A worker that has been woken fetches until nothing is left before it begins with the first job. That nothing is, it is told with
   * that job, and sees no sign of what it has just fetched itself.
   */
  async #fetchAlone(...[token, name]: Given<'moveToActive'>): Promise<unknown[]> {
    const [isWoken, isEmpty] = [this.#isWoken, this.#isEmpty];
    [this.#isWoken, this.#isEmpty] = [false, false];
    if (isEmpty) return nothing();
    if (!isWoken) return this.first.moveToActive(token, name);
    const fetching = this.first.moveToActive(token, name);
    // Whoever is not told fetches once more.
    const looking = this.#takeSign().catch(() => false);
    const fetched: unknown[] = await fetching;
    this.#isEmpty = (await looking) && Boolean(fetched[0]);
    return fetched;
  }

  override async moveToCompleted(...given: Given<'moveToCompleted'>) {
    const [job, value, keep, token, isFetching] = given;
    if (this.shards().length === 1) return this.first.moveToCompleted(...given);
    const shard = await this.shardWith(job.id ?? '');
    const ended = await shard.moveToCompleted(job, value, keep, token, this.#staysIn(isFetching));
    return { ...ended, result: await this.#fetchAfter(shard, ended.result, token, isFetching) };
  }

  override async moveToFailed(...given: Given<'moveToFailed'>) {
    const [job, reason, keep, token, isFetching, fields] = given;
    if (this.shards().length === 1) return this.first.moveToFailed(...given);
    const shard = await this.shardWith(job.id ?? '');
    const ended = await shard.moveToFailed(job, reason, keep, token, this.#staysIn(isFetching), fields);
    return { ...ended, result: await this.#fetchAfter(shard, ended.result, token, isFetching) };
  }

  override async moveToDelayed(...given: Given<'moveToDelayed'>) {
    const [jobId, at, ms, token = '0', options] = given;
    if (this.shards().length === 1) return this.first.moveToDelayed(...given);
    const shard = await this.shardWith(jobId);
    const isFetching = options?.fetchNext === true;
    const own = isFetching ? { ...options, fetchNext: this.#staysIn(isFetching) } : options;
    return this.#fetchAfter(shard, await shard.moveToDelayed(jobId, at, ms, token, own), token, isFetching);
  }

  /** Whether what comes after a job is fetched where that was. */
  #staysIn(isFetching: boolean): boolean {
    this.#ended += 1;
    return isFetching && this.#ended % mostInTurn !== 0;
  }

  /** What is worked after a job: nothing was fetched there when its turn was over, and where nothing waits any more. */
  async #fetchAfter(shard: Backend, fetched: Fetched, token: string, isFetching: boolean) {
    if (fetched && this.#hasJob(fetched, shard)) return [...fetched];
    return isFetching ? this.moveToActive(token, this.#workerName) : undefined;
  }

  #hasJob([job, id]: readonly unknown[], shard: Backend): boolean {
    if (!job) return false;
    this.note(String(id), shard);
    return true;
  }

  override async moveStalledJobsToWait() {
    return (await this.each((shard) => shard.moveStalledJobsToWait())).flat();
  }

  override async waitForJob(...[seconds]: Given<'waitForJob'>): Promise<Marker | null> {
    const shards = this.shards();
    if (shards.length === 1) return this.#waitAlone(seconds);
    const woken = await this.#waits.next(shards, seconds);
    if (!woken) return null;
    this.#next = shards.indexOf(woken.shard);
    return woken.marker;
  }

  async #waitAlone(seconds: number): Promise<Marker | null> {
    this.#isEmpty = false;
    const marker = await this.first.waitForJob(seconds);
    this.#isWoken = marker !== null;
    return marker;
  }

  override async disconnectBlocking(...of: Given<'disconnectBlocking'>) {
    this.#waits.end();
    await Promise.all(this.opened.map((shard) => shard.disconnectBlocking(...of)));
  }

  override async reconnectBlocking() {
    await Promise.all(this.opened.map((shard) => shard.reconnectBlocking()));
  }

  override async close(...[isForced]: Given<'close'>) {
    this.#waits.end();
    const others = this.opened.slice(1).flatMap(({ blockingConnection }) => blockingConnection ?? []);
    await Promise.allSettled(others.map((connection) => connection.close(isForced)));
    await super.close(isForced);
  }
}
