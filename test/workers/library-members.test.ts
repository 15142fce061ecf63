import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { Queue, type Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { pruneTokens } from '../../src/jobs/accounts/prune-tokens.job.ts';
import { restMax, upkeep } from '../../src/jobs/queues.ts';
import { StoredJob } from '../../src/jobs/stored-job.ts';
import { openMetrics } from '../../src/ops/metrics.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { runQueue } from '../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

// What libraries promise nobody and is relied upon all the same: an upgrade that does without it has to be noticed here.
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
const workers: Worker[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await queue().obliterate({ force: true });
});
const queue = () => {
  const found = api.ctx.jobs.queues.get(upkeep.name);
  if (!found) throw new Error(`there is no queue ${upkeep.name}`);
  return found;
};
const work = () => {
  const worker = runQueue(upkeep, 1, patientRedis(api.ctx.config), api.ctx);
  workers.push(worker);
  return worker;
};

test('BullMQ makes the jobs of its queues and workers by their member `Job`', async () => {
  const id = await api.ctx.jobs.enqueue(pruneTokens, {});
  expect(await queue().getJob(id)).toBeInstanceOf(StoredJob);
  expect(await queue().getJobs(['waiting'])).toEqual([expect.any(StoredJob)]);
  const ended = new Promise((resolve) => work().on('completed', resolve));
  expect(await ended).toBeInstanceOf(StoredJob);
});

test('Bull Board asks the queue itself whether it rests, and is answered for the limit that is never reached', async () => {
  const asked = vi.spyOn(Queue.prototype, 'getRateLimitTtl');
  await queue().rateLimit(60_000);
  expect(await new BullMQAdapter(queue()).getActiveRateLimitTtl()).toBeGreaterThan(0);
  expect(asked.mock.calls).toEqual([[restMax]]);
  await queue().removeRateLimitKey();
});

test('Bull Board reads jobs one by one, by the ids that `getRanges` has', async () => {
  const asked = vi.spyOn(Queue.prototype, 'getRanges');
  const id = await api.ctx.jobs.enqueue(pruneTokens, {});
  const [job] = await new BullMQAdapter(queue()).getJobs(['waiting'], 0, 9);
  expect(job).toMatchObject({ id });
  expect(asked).toHaveBeenCalledOnce();
});

test('BullMQ wakes one of its workers by a member `0` of the key `marker` of its queue', async () => {
  const id = await api.ctx.jobs.enqueue(pruneTokens, {});
  expect(await api.ctx.redis.zrange(queue().toKey('marker'), 0, -1, 'WITHSCORES')).toEqual(['0', '0']);
  await queue().remove(id);
});

test('mysql2 says of each statement of a text that its answer begins, whether that is rows or not', async () => {
  const pool = await api.ctx.orm.em.getDriver().getConnection().getNativeClient();
  const text = 'begin; select 1 where false; rollback';
  let begun = 0;
  await new Promise<void>((resolve, reject) => {
    const command = pool.query(text, (error) => (error ? reject(error) : resolve()));
    command.on('fields', () => (begun += 1));
  });
  expect(begun).toBe(3);
});

test('the pool of mysql2 says how many of its connections are busy and free, and who waits', async () => {
  const read = async () => {
    const text = await openMetrics(api.ctx).text();
    const samples = text.matchAll(/^orderflow_mysql_pool\{state="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries(Array.from(samples, ([, state = '', count]): [string, number] => [state, Number(count)]));
  };
  const most = api.ctx.orm.config.get('pool')?.max ?? 0;
  const held = await Promise.all(
    Array.from({ length: most }, async () => {
      const em = api.ctx.orm.em.fork();
      await em.begin();
      return em;
    }),
  );
  const waiting = api.ctx.orm.em.fork().execute('select 1');
  expect(await read()).toEqual({ busy: most, free: 0, waiting: 1 });
  await Promise.all(held.map((em) => em.rollback()));
  await waiting;
  // Looks of the scrapes' own are under way meanwhile, and who is idle for long is let go.
  await until('most are free, and nobody waits', async () => {
    const { busy = 0, free = 0, waiting: others } = await read();
    return (free > busy && others === 0) || undefined;
  });
});
