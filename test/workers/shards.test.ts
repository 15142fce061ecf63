import { RedisQueueBackend } from 'bullmq';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Context, openContext } from '../../src/context.ts';
import { RateLimited } from '../../src/errors.ts';
import { defineJob, type Job, jobData } from '../../src/jobs/define-job.ts';
import { payments, restMax } from '../../src/jobs/queues.ts';
import { mostBefore } from '../../src/jobs/shares.ts';
import { shardOf } from '../../src/jobs/shards/choice.ts';
import { shardsOf } from '../../src/jobs/shards/sharded-queue.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { keepRedis } from '../../src/workers/keep-redis.ts';
import { runQueue } from '../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';
import { unhurriedRedis } from '../support/stores/unhurried-redis.ts';

// Three of BullMQ's queues behind one name. The proof with processes, and with a killed one, is test/chaos/shards.chaos.ts.
const count = 3;
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ PAYMENTS_SHARDS: String(count) });
});
afterAll(() => api.close());
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await queueOf(api.ctx).obliterate({ force: true });
});

const queueOf = ({ jobs }: Pick<Context, 'jobs'>) => {
  const found = jobs.queues.get(payments.name);
  if (!found) throw new Error('there is no such queue');
  return found;
};

/** So many orders whose jobs wait in this shard. */
function ordersOf(shard: number, orders: number): string[] {
  const found: string[] = [];
  while (found.length < orders) {
    const id = randomUUID();
    if (shardOf(id, count) === shard) found.push(id);
  }
  return found;
}

const shardOfOrder = (order: string) => shardOf(order, count);

function jobOf(begun: string[], serve: Serve) {
  return defineJob(
    {
      kind: 'serve-order',
      summary: 'Serve an order.',
      queue: payments,
      payload: z.object({ order_id: z.string() }),
      result: z.object({}),
      attempts: 3,
      backoffMs: 1,
      timeoutMs: 120_000,
    },
    async ({ payload: { order_id: order } }) => {
      await serve(order);
      begun.push(order);
      return {};
    },
  );
}

/** Adds a job of each order, all at once. */
async function add({ jobs }: Pick<Context, 'jobs'>, orders: readonly string[], tenant = 'user:1'): Promise<string[]> {
  const job = jobOf([], () => {});
  const added = orders.map((order_id) => ({ job, id: randomUUIDv7(), payload: jobData(job, { order_id }, tenant) }));
  await jobs.enqueueAll(added);
  return added.map(({ id }) => id);
}

type Serve = (order: string) => Promise<void> | void;

function openWorker(opened: Context, concurrency: number, serve: Serve) {
  const begun: string[] = [];
  const job = jobOf(begun, serve);
  const definitions = { ...opened.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) };
  const context = { ...opened, jobs: { ...opened.jobs, definitions } };
  const worker = runQueue(payments, concurrency, patientRedis(opened.config), context);
  closing.push(() => worker.close());
  return { worker, begun };
}

/** The orders that a worker serves, in their order. */
function work(opened: Context, concurrency: number, serve: Serve = () => {}): string[] {
  return openWorker(opened, concurrency, serve).begun;
}

const served = (begun: readonly string[], orders: number) =>
  until(`${orders} are served`, () => (begun.length >= orders ? true : undefined));

const Counts = z.record(z.string(), z.number());
const Shown = z.object({ name: z.string(), counts: Counts, jobs: z.array(z.object({ id: z.string() })) });
const Board = z.object({ queues: z.array(Shown) });
const Line = z.object({
  name: z.string(),
  status: z.string(),
  waiting: z.number(),
  oldest_waiting_seconds: z.number(),
});
const Queues = z.object({ data: z.tuple([Line]).rest(z.unknown()) });
const Found = z.object({ data: z.array(z.object({ id: z.string(), queue: z.string(), state: z.string() })) });

async function read<T extends z.ZodType>(shape: T, path: string): Promise<z.output<T>> {
  return shape.parse(await (await api.send('GET', path, { as: 'admin' })).json());
}

test('all jobs of an order wait in one shard, and everybody sees one queue: figures, lists, board, search', async () => {
  const queue = queueOf(api.ctx);
  await queue.pause();
  const orders = [0, 1, 2].flatMap((shard) => ordersOf(shard, 4));
  const ids = [...(await add(api.ctx, orders)), ...(await add(api.ctx, orders, 'user:2'))];
  const shards = shardsOf(queue);
  const names = ['bull:payments', 'bull-1c:payments', 'bull-2v:payments'];
  expect(shards.map(({ qualifiedName }) => qualifiedName)).toEqual(names);
  for (const [index, id] of ids.entries()) {
    const order = orders[index % orders.length] ?? '';
    expect(await shards[shardOfOrder(order)]?.getJobData(id)).toBeDefined();
    expect((await queue.getJob(id))?.data).toMatchObject({ order_id: order });
  }
  expect(await queue.getRanges(['waiting', 'prioritized'], 0, -1, true)).toHaveLength(24);
  expect(await api.ctx.jobs.findLive(payments.name, [...ids, randomUUIDv7()])).toEqual(ids);

  const { data } = await read(Queues, '/queues');
  expect(data[0]).toMatchObject({ name: 'payments', status: 'paused', waiting: 24 });
  const board = await read(Board, '/admin/queues/api/queues?activeQueue=payments&status=latest&jobsPerPage=50');
  const shown = board.queues.filter(({ name }) => name.startsWith('payments'));
  expect(shown).toHaveLength(1);
  const { counts = {}, jobs = [] } = shown[0] ?? {};
  expect((counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0)).toBe(24);
  expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(ids));
  for (const order of orders.slice(3, 5)) {
    const found = await read(Found, `/jobs?key=${order}`);
    expect(found.data).toHaveLength(2);
    for (const job of found.data) expect(job).toMatchObject({ queue: 'payments', state: 'waiting' });
  }
  const text = await queue.exportPrometheusMetrics();
  const told = [...text.matchAll(/^bullmq_job_count\{queue="payments", state="(?:waiting|prioritized)"\} (\d+)$/gm)];
  expect(told.reduce((sum, [, waiting]) => sum + Number(waiting), 0)).toBe(24);
});

test('a worker serves every shard in its turn, and each job once', async () => {
  await queueOf(api.ctx).pause();
  const few = [...ordersOf(1, 20), ...ordersOf(2, 20)];
  const orders = [...ordersOf(0, 200), ...few];
  await add(api.ctx, orders);
  const begun = work(api.ctx, 1);
  await queueOf(api.ctx).resume();
  await served(begun, orders.length);
  expect(begun.toSorted()).toEqual(orders.toSorted());
  // Turns of eight, of three.
  const last = Math.max(...few.map((order) => begun.indexOf(order)));
  expect(last).toBeLessThan(3 * 24 + 8);
});

test('in every shard no tenant waits for more jobs than its share says', async () => {
  await queueOf(api.ctx).pause();
  const owners = new Map<string, string>();
  const ask = async (tenant: string, each: number) => {
    const orders = [0, 1, 2].flatMap((shard) => ordersOf(shard, each));
    for (const order of orders) owners.set(order, tenant);
    await add(api.ctx, orders, tenant);
  };
  const few = Array.from({ length: 8 }, (_, index) => `user:${index + 2}`);
  await ask('user:1', 100);
  for (const tenant of few) await ask(tenant, 4);
  const begun = work(api.ctx, 1);
  await queueOf(api.ctx).resume();
  await served(begun, owners.size);
  const others = few.map(() => 1);
  for (const shard of [0, 1, 2]) {
    const inLine = begun.filter((order) => shardOfOrder(order) === shard).map((order) => owners.get(order));
    for (const tenant of few) {
      const places = inLine.flatMap((some, before) => (some === tenant ? [before] : []));
      expect(places).toHaveLength(4);
      for (const [index, before] of places.entries())
        expect(before).toBeLessThanOrEqual(mostBefore({ place: index + 1, weight: 1, others }, 1));
    }
  }
});

test('a stop, a rest and their ends reach every shard', async () => {
  const queue = queueOf(api.ctx);
  const each = <T>(ask: (shard: ReturnType<typeof shardsOf>[number]) => Promise<T>) =>
    Promise.all(shardsOf(queue).map(ask));
  expect((await api.send('POST', '/payments/stop', { as: 'admin', body: {} })).status).toBe(200);
  expect(await each((shard) => shard.hasQueueMetaField('paused'))).toEqual([true, true, true]);
  // One that has lost it, or is new, is told again.
  await shardsOf(queue)[2]?.pause(false);
  const stop = new AbortController();
  const keeping = keepRedis(api.ctx, stop.signal);
  await until('all are stopped again', async () =>
    (await each((shard) => shard.hasQueueMetaField('paused'))).includes(false) ? undefined : true,
  );
  stop.abort();
  await keeping;
  const orders = [0, 1, 2].flatMap((shard) => ordersOf(shard, 5));
  await add(api.ctx, orders);
  let rests = 1;
  const begun = work(api.ctx, 1, () => {
    if (rests > 0) throw new RateLimited(60_000 * rests--);
  });
  expect((await api.send('POST', '/payments/start', { as: 'admin', body: {} })).status).toBe(200);
  await until('it rests', async () => ((await queue.getRateLimitTtl()) > 0 ? true : undefined));
  expect((await each((shard) => shard.getRateLimitTtl(restMax))).every((restMs) => restMs > 0)).toBe(true);
  expect(begun).toEqual([]);
  await queue.removeRateLimitKey();
  await served(begun, orders.length);
  expect(begun.toSorted()).toEqual(orders.toSorted());
});

test('a worker keeps its locks in every shard, puts back signs it cannot follow, and its jobs outlive it', async () => {
  const [first = '', second = ''] = [...ordersOf(1, 1), ...ordersOf(2, 1)];
  const gone = Promise.withResolvers<void>();
  closing.push(async () => gone.resolve());
  const entered: string[] = [];
  const stay = async (order: string) => {
    entered.push(order);
    await gone.promise;
  };
  const lost = openWorker(api.ctx, 1, stay);
  const [id = ''] = await add(api.ctx, [first]);
  await until('it is under way', () => (entered.length === 1 ? true : undefined));
  // The worker has still waited for the other shards, and is busy.
  await add(api.ctx, [second]);
  await until(
    'others see that there are jobs',
    async () => (await api.ctx.redis.zcard('bull-2v:payments:marker')) || undefined,
  );
  let leftMs = Number.POSITIVE_INFINITY;
  await until('the lock is renewed', async () => {
    const before = leftMs;
    leftMs = await api.ctx.redis.pttl(`bull-1c:payments:${id}:lock`);
    return leftMs > before ? true : undefined;
  });
  await lost.worker.close(true);
  const begun = work(api.ctx, 1);
  await served(begun, 2);
  expect(begun.toSorted()).toEqual([first, second].toSorted());
});

test('a process that uses one shard serves what others have put into more, and what waits there already', async () => {
  await queueOf(api.ctx).pause();
  const config = { ...api.ctx.config, PAYMENTS_SHARDS: 1 };
  const other = await openContext(config, 'test', unhurriedRedis(config));
  closing.push(() => other.close());
  const orders = [0, 1, 2].flatMap((shard) => ordersOf(shard, 10));
  const ids = await add(api.ctx, orders);
  await until('it sees them', async () => {
    const { waiting = 0, prioritized = 0 } = await queueOf(other).getJobCounts('waiting', 'prioritized');
    return waiting + prioritized === 30 ? true : undefined;
  });
  expect(await other.jobs.findLive(payments.name, ids)).toEqual(ids);
  const later = ordersOf(2, 5);
  const own = await add(other, later);
  for (const id of own) expect(await shardsOf(queueOf(other))[0]?.getJobData(id)).toBeDefined();
  const begun = work(other, 5);
  await queueOf(other).resume();
  await served(begun, 35);
  await add(api.ctx, ordersOf(1, 1));
  await served(begun, 36);
  expect(begun.slice(0, 35).toSorted()).toEqual([...orders, ...later].toSorted());
});

/** What only the first shard has: schedules, events, families of jobs; and what looks at connections, which all share. */
const ofTheFirst = `
  constructor forQueue qualifiedName keys toKey parseNodeKey clientName getClientList forwardConnectionEvents waitUntilReady
  disconnect setName client blockingClient redisVersion databaseType minimumBlockTimeout maximumBlockTimeout execCommand
  finishedErrors getKeepJobs addDelayedJob addPrioritizedJob addParentJob addStandardJob addJobToTransaction moveToFinished
  addJobScheduler updateJobSchedulerNextMillis removeJobScheduler getJobScheduler isJobScheduler getJobSchedulerData
  getJobSchedulersRange getJobSchedulersCount publishEvent readEvents addFlow moveToWaitingChildren removeChildDependency
  removeUnprocessedChildren getDependencies getDependencyCounts getProcessedChildrenValues getIgnoredChildrenFailures paginate
  removeDeduplicationKey getDeduplicationJobId deleteDeduplicationKey removeDeprecatedPriorityKey
  getRanges getJobs getQueueMeta removeOrphanedJobsBatch`.split(/\s+/);

test('whatever BullMQ asks of Redis about a queue or a job is asked of the right shards', () => {
  const backend = queueOf(api.ctx).getBackend();
  const own = new Set<string>();
  let of: unknown = backend;
  while (typeof of === 'object' && of !== null && of !== RedisQueueBackend.prototype) {
    for (const name of Object.getOwnPropertyNames(of)) own.add(name);
    of = Object.getPrototypeOf(of);
  }
  const all = Object.getOwnPropertyNames(RedisQueueBackend.prototype).filter((name) => !name.endsWith('Args'));
  expect(all.filter((name) => !own.has(name)).toSorted()).toEqual(
    ofTheFirst.filter((name) => name !== '' && !own.has(name)).toSorted(),
  );
});
