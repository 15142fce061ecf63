import type { Socket } from 'node:net';
import { Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { pruneTokens } from '../../src/jobs/accounts/prune-tokens.job.ts';
import { defineJob, type Job } from '../../src/jobs/define-job.ts';
import type { OpenQueue } from '../../src/jobs/enqueue.ts';
import { payments, upkeep } from '../../src/jobs/queues.ts';
import { shardOf } from '../../src/jobs/shards/choice.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { QueueWorker, runQueue } from '../../src/workers/run-queue.ts';
import { openStation, openWatch, type Station } from '../../src/workers/watch-progress.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until, untilTrue } from '../support/processes/process.ts';
import { openProxy, type Proxy } from '../support/upstreams/proxy.ts';

/** A way to Redis on which a connection that was opened while it is closed stays silent for ever, alive for all that TCP knows. */
let isSilent = false;
let silenced: Socket[] = [];
let api: TestApi;
let proxy: Proxy;
beforeAll(async () => {
  api = await openTestApi();
  const { REDIS_HOST = '', REDIS_PORT } = api.ctx.config;
  proxy = await openProxy(REDIS_HOST, REDIS_PORT, (client, upstream) => {
    const isDeaf = isSilent;
    if (isDeaf) silenced.push(client);
    client.on('data', (chunk) => isDeaf || upstream.write(chunk));
    upstream.on('data', (chunk) => isDeaf || client.write(chunk));
    client.on('close', () => upstream.destroy());
  });
});
afterAll(async () => {
  await proxy.close();
  await api.close();
});
beforeEach(async () => {
  silenced = [];
  await queue().obliterate({ force: true });
});
const queue = () => {
  const found = api.ctx.jobs.queues.get(upkeep.name);
  if (!found) throw new Error('there is no queue upkeep');
  return found;
};

// Longer than a machine stands still, where somebody works; shorter where nobody may or can.
const [patientMs, impatientMs] = [5_000, 300];
const everyMs = 20;

/** Waits until a queue has been looked at so often that whoever is impatient would have done something. */
async function looked(line: Pick<OpenQueue, 'isPaused'>): Promise<void> {
  const looking = vi.spyOn(line, 'isPaused');
  await untilTrue(() => looking.mock.calls.length > (3 * impatientMs) / everyMs);
  looking.mockRestore();
}

/** A station whose workers reach Redis by the proxy, watched. */
function man(stuckMs: number) {
  const stopping = new AbortController();
  const gaveUp: string[] = [];
  let opened = 0;
  const connection = { ...patientRedis(api.ctx.config), host: '127.0.0.1', port: proxy.port };
  const station: Station = openStation(upkeep.name, () => {
    opened += 1;
    return runQueue(upkeep, 1, connection, api.ctx);
  });
  const watch = openWatch([station], api.ctx, { stuckMs, everyMs });
  const running = watch.run(stopping.signal, (name) => {
    gaveUp.push(name);
    stopping.abort();
  });
  return {
    watch,
    gaveUp,
    opened: () => opened,
    end: async () => {
      stopping.abort();
      await running;
      for (const socket of silenced) socket.destroy();
      isSilent = false;
      await station.worker().close(true);
    },
  };
}
const isDone = async (id: string) => (await queue().getJob(id))?.finishedOn !== undefined;

test('a worker that works is left alone, and so is one that has nothing to do, or may not do it', async () => {
  const working = man(patientMs);
  for (let count = 0; count < 5; count += 1) {
    const id = await api.ctx.jobs.enqueue(pruneTokens, {});
    await untilTrue(async () => isDone(id));
  }
  expect([working.opened(), working.gaveUp, working.watch.isStuck()]).toEqual([1, [], false]);
  await working.end();
  await queue().pause();
  await api.ctx.jobs.enqueue(pruneTokens, {});
  const { watch, gaveUp, opened, end } = man(impatientMs);
  await looked(queue());
  expect([opened(), gaveUp, watch.isStuck()]).toEqual([1, [], false]);
  await queue().resume();
  await end();
});

test('a worker is left alone, too, while as many jobs are under way elsewhere as the queue may have', async () => {
  await queue().setGlobalConcurrency(1);
  const begun = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<void>();
  const work = async () => {
    begun.resolve();
    await ending.promise;
  };
  const busy = new Worker(upkeep.name, work, { connection: patientRedis(api.ctx.config) });
  onTestFinished(async () => {
    ending.resolve();
    await busy.close();
    await queue().removeGlobalConcurrency();
  });
  await api.ctx.jobs.enqueue(pruneTokens, {});
  await begun.promise;
  const { watch, gaveUp, opened, end } = man(impatientMs);
  onTestFinished(end);
  const id = await api.ctx.jobs.enqueue(pruneTokens, {});
  await looked(queue());
  expect([opened(), gaveUp, watch.isStuck()]).toEqual([1, [], false]);
  ending.resolve();
  await untilTrue(async () => isDone(id));
});

test('a worker that fetches nothing while jobs wait is made anew, and the new one works them', async () => {
  isSilent = true;
  const { watch, gaveUp, opened, end } = man(patientMs);
  await untilTrue(() => silenced.length > 0);
  isSilent = false;
  const id = await api.ctx.jobs.enqueue(pruneTokens, {});
  await untilTrue(async () => isDone(id));
  expect(opened()).toBeGreaterThan(1);
  await untilTrue(() => !watch.isStuck());
  expect(gaveUp).toEqual([]);
  await end();
});

test('when the new one fetches nothing either, the process is to end, and is not alive until then', async () => {
  isSilent = true;
  const { watch, gaveUp, opened, end } = man(impatientMs);
  await api.ctx.jobs.enqueue(pruneTokens, {});
  await until('it is stuck', () => watch.isStuck() || undefined);
  await until('it gives up', () => (gaveUp.length > 0 ? true : undefined));
  // Where Redis was too slow to be asked, nothing was known, and it was begun again.
  expect(opened()).toBeGreaterThan(1);
  expect(gaveUp).toEqual(['upkeep']);
  await end();
});

/** A queue of two shards, each with room for one job, and a worker with room for two: one job of a shard lasts, and one waits behind it. */
async function openFullShard() {
  const sharded = await openTestApi({ PAYMENTS_SHARDS: '2' });
  onTestFinished(() => sharded.close());
  const { config, jobs } = sharded.ctx;
  const line = jobs.queues.get(payments.name);
  if (!line) throw new Error('there is no queue payments');
  await line.setGlobalConcurrency(2);
  const begun = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<void>();
  const { summary, result, attempts, backoffMs, timeoutMs } = pruneTokens;
  const payload = z.object({ order_id: z.string() });
  const contract = { kind: 'serve-order', summary, queue: payments, payload, result, attempts, backoffMs, timeoutMs };
  const serve = defineJob(contract, async () => {
    begun.resolve();
    await ending.promise;
    return { deleted: 0 };
  });
  const definitions = { ...jobs.definitions, jobs: new Map<string, Job>([[serve.kind, serve]]) };
  const worker = runQueue(payments, 2, patientRedis(config), { ...sharded.ctx, jobs: { ...jobs, definitions } });
  onTestFinished(async () => {
    ending.resolve();
    await worker.close();
  });
  const add = (order: string) => line.add(serve.kind, { order_id: order });
  for (let count = 0; count < 2; count += 1) await add('one');
  await begun.promise;
  return { ctx: sharded.ctx, line, worker, add };
}

/** Watches a worker of the queue, and counts how often it would have been made anew. */
function watchOver({ ctx }: Pick<TestApi, 'ctx'>, worker: QueueWorker): () => number {
  let renewed = 0;
  const station: Station = { queue: payments.name, worker: () => worker, renew: () => (renewed += 1) };
  const stopping = new AbortController();
  const running = openWatch([station], ctx, { stuckMs: impatientMs, everyMs }).run(stopping.signal, () => {});
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  return () => renewed;
}

test('a worker is left alone, too, while the shard of the next job is full, and the others have none', async () => {
  const { ctx, line, worker } = await openFullShard();
  const renewed = watchOver({ ctx }, worker);
  await looked(line);
  expect(renewed()).toBe(0);
});

test('a worker that fetches nothing from a shard with room is made anew, however full another one is', async () => {
  const { ctx, worker, line, add } = await openFullShard();
  // Whoever worked the other shard does so no more.
  await worker.pause(true);
  const idle = new QueueWorker(payments.name, null, { connection: patientRedis(ctx.config), autorun: false });
  onTestFinished(() => idle.close());
  const renewed = watchOver({ ctx }, idle);
  await looked(line);
  expect(renewed()).toBe(0);
  await add(ofAnotherShard('one'));
  await untilTrue(() => renewed() > 0);
});

/** A subject whose jobs wait in the other of two shards. */
function ofAnotherShard(subject: string): string {
  for (let count = 0; ; count += 1) if (shardOf(`${count}`, 2) !== shardOf(subject, 2)) return `${count}`;
}
