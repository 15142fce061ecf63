import type { Config } from '../config.ts';
import type { OpenQueue, Producer } from '../jobs/enqueue.ts';
import { readWorkerName, type WorkerName } from '../jobs/worker-name.ts';

/** A job that runs now. */
export type Running = Readonly<{ id: string; kind: string; queue: string; sinceMs: number }>;

/** A process that works queues, and what it is at. `told` is undefined where its release does not tell. */
export type WorkerProcess = Readonly<{
  name: string;
  told: WorkerName | undefined;
  queues: readonly string[];
  running: readonly Running[];
}>;

type Parts = Readonly<{ jobs: Pick<Producer, 'queues'>; config: Pick<Config, 'REDIS_DB'> }>;

// Of each queue, those that have run longest.
const mostRunning = 50;

/** Every process that works here, by name. @throws when Redis is away. */
export async function readWorkers({ jobs, config }: Parts): Promise<readonly WorkerProcess[]> {
  const [names, running] = await Promise.all([
    eachQueue(jobs, async (queue) => (await workerNames(queue, config)).map((name) => ({ name, queue: queue.name }))),
    eachQueue(jobs, runningOf),
  ]);
  return [...Map.groupBy(names, ({ name }) => name)]
    .map(([name, of]) => ({
      name,
      told: readWorkerName(name),
      queues: of.map(({ queue }) => queue),
      running: running.filter((job) => job.by === name),
    }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

async function eachQueue<T>(
  { queues }: Parts['jobs'],
  read: (queue: OpenQueue) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  return (await Promise.all([...queues.values()].map(read))).flat();
}

async function workerNames(queue: OpenQueue, { REDIS_DB }: Parts['config']): Promise<readonly string[]> {
  const own = (await queue.getWorkers()).filter(({ db }) => Number(db) === REDIS_DB);
  return own.map(({ rawname = '' }) => rawname.split(':w:')[1] ?? '');
}

async function runningOf(queue: OpenQueue): Promise<readonly (Running & Readonly<{ by: string }>)[]> {
  const jobs = await queue.getJobs(['active'], 0, mostRunning - 1, true);
  return jobs.map(({ id = '', name, processedOn = 0, processedBy = '' }) => ({
    id,
    kind: name,
    queue: queue.name,
    sinceMs: processedOn,
    by: processedBy,
  }));
}
