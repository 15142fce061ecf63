import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JobView } from '../../../src/api/ops/job-view.ts';
import { OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { defineJob, type Job, jobData } from '../../../src/jobs/define-job.ts';
import { payments, upkeep } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { fetchCompany, fetchQuote } from '../../support/api/market-kinds.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const ask = (id: string, as?: 'demo' | 'admin') => api.send('GET', `/jobs/${id}`, as ? { as } : {});
const read = async (id: string) => JobView.parse(await (await ask(id)).json());
const queueOf = (name: string) => {
  const queue = api.ctx.jobs.queues.get(name);
  if (!queue) throw new Error(`there is no queue ${name}`);
  return queue;
};

describe('the catalogue', () => {
  it('tells of every kind what it takes and how it is retried', async () => {
    const Kinds = z.object({ data: z.array(z.looseObject({ kind: z.string() })), next_cursor: z.null() });
    const { data } = Kinds.parse(await (await api.send('GET', '/jobs/kinds')).json());
    expect(data.map(({ kind }) => kind)).toEqual([...api.ctx.jobs.definitions.jobs.keys()]);
    expect(data.find(({ kind }) => kind === 'fetch-quote')).toMatchObject({
      summary: fetchQuote.summary,
      queue: 'finnhub',
      payload_schema: { type: 'object', required: ['symbol'], properties: { symbol: { type: 'string' } } },
      policy: { attempts: 4, backoff_ms: 500, timeout_ms: 8_000, coalesces: true },
    });
  });
});

describe('a job', () => {
  it('is shown to whoever holds its id, from waiting to its result, and never with its payload', async () => {
    const { enqueue } = api.ctx.jobs;
    // Nobody wants it, so that it ends without a call to the provider.
    const id = await enqueue(fetchQuote, { symbol: 'AAPL' });
    expect(await read(id)).toMatchObject({
      id,
      kind: 'fetch-quote',
      queue: 'finnhub',
      state: 'waiting',
      attempts: 0,
      started_at: null,
      finished_at: null,
      waiting_because: expect.stringContaining('finnhub'),
    });
    expect(await (await ask(id)).text()).not.toContain('AAPL');

    const worker = runQueue(fetchQuote.queue, 1, patientRedis(api.ctx.config), api.ctx);
    const done = await until('the job ends', async () => {
      const job = await read(id);
      return job.state === 'completed' ? job : undefined;
    });
    await worker.close();
    expect(done).toMatchObject({ attempts: 1, result: { symbol: 'AAPL', outcome: 'not_wanted' } });
    expect(done.waiting_because).toBeUndefined();
    expect(done.error).toBeUndefined();
    const times = [done.created_at, done.started_at ?? '', done.finished_at ?? ''];
    expect(times).toEqual(times.toSorted());
  });

  it('that failed says why', async () => {
    const id = randomUUIDv7();
    await queueOf('catalog').add('no-such-kind', {}, { jobId: id });
    // It has been handed on for an hour.
    await api.ctx.redis.hset(queueOf('catalog').toKey(id), 'ats', 3_600);
    const worker = runQueue({ name: 'catalog', summary: '', concurrency: 1 }, 1, patientRedis(api.ctx.config), api.ctx);
    const failed = await until('the job fails', async () => {
      const job = await read(id);
      return job.state === 'failed' ? job : undefined;
    });
    await worker.close();
    expect(failed.error).toContain("no job kind 'no-such-kind' is defined");
    expect(failed.finished_at).not.toBeNull();
    expect(failed.result).toBeUndefined();
  });

  it('says what it waits for: its time, its queue’s pause or rest', async () => {
    const queue = queueOf(upkeep.name);
    const add = async (options: object) => {
      const id = randomUUIDv7();
      await queue.add('tidy', {}, { jobId: id, ...options });
      return id;
    };
    const delayed = await read(await add({ delay: 60_000 }));
    expect(delayed).toMatchObject({ state: 'delayed', waiting_because: expect.stringContaining('not before') });
    const prioritized = await add({ priority: 7 });
    expect(await read(prioritized)).toMatchObject({
      state: 'waiting',
      waiting_because: 'no process works the queue upkeep',
    });
    await queue.pause();
    expect((await read(prioritized)).waiting_because).toBe('the queue upkeep is paused');
    await queue.resume();
    await queue.rateLimit(60_000);
    expect((await read(prioritized)).waiting_because).toMatch(/the queue upkeep rests for \d+ ms/);
    await queue.removeRateLimitKey();
  });

  it('says what comes before it where its queue works, and when it is tried again, or comes by again', async () => {
    const stay = Promise.withResolvers<void>();
    const isRunning = Promise.withResolvers<void>();
    const shape = { payload: z.object({ order_id: z.string(), fails: z.boolean() }), result: z.object({}) };
    const job = defineJob(
      { kind: 'stay', summary: 'Stay.', queue: payments, ...shape, attempts: 9, backoffMs: 600_000, timeoutMs: 60_000 },
      async ({ payload: { fails } }) => {
        if (fails) throw new Error('not now');
        isRunning.resolve();
        await stay.promise;
        return {};
      },
    );
    const add = async (payload: Readonly<{ fails: boolean }>) => {
      const one = { job, id: randomUUIDv7(), payload: jobData(job, { order_id: 'o', ...payload }, 'user:1') };
      await api.ctx.jobs.enqueueAll([one]);
      return one.id;
    };
    const definitions = { ...api.ctx.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) };
    const context = { ...api.ctx, jobs: { ...api.ctx.jobs, definitions } };
    const worker = runQueue(payments, 1, patientRedis(api.ctx.config), context);
    const strange = randomUUIDv7();
    await queueOf(payments.name).add('of-tomorrow', {}, { jobId: strange });
    const failing = await add({ fails: true });
    const because = (id: string, words: RegExp) =>
      until(`${id} says ${words}`, async () => words.exec((await read(id)).waiting_because ?? '')?.[1]);
    const dueAt = await because(failing, /^attempt 1 failed; the next one is not before (.+Z)$/);
    expect(Date.parse(dueAt) - Date.now()).toBeGreaterThan(0);
    await because(
      strange,
      /^what it needs rests, and others go on; not before (.+Z): no process of this release knows/,
    );
    await add({ fails: false });
    await isRunning.promise;
    const others = [await add({ fails: false }), await add({ fails: false })];
    const told = await Promise.all(others.map(async (id) => (await read(id)).waiting_because));
    expect(told).toEqual(
      [0, 1].map((before) => `its tenant’s turn on the queue payments has not come; jobs before it: ${before}`),
    );
    stay.resolve();
    await until('all are done', async () =>
      (await queueOf(payments.name).getCompletedCount()) === 3 ? true : undefined,
    );
    await worker.close();
  });

  it('that has not left MySQL yet is waiting', async () => {
    const id = randomUUIDv7();
    const row = { id, name: 'charge-order', body: '{}', createdAt: new Date(), leaseUntil: new Date() };
    await api.ctx.orm.em.fork().insert(OutboxMessage, row);
    const job = await read(id);
    expect(job).toMatchObject({ kind: 'charge-order', queue: 'payments', state: 'waiting', attempts: 0 });
    expect(job.waiting_because).toContain('stored');
  });

  it('that nobody knows, or whose id is part of something else in Redis, is not found', async () => {
    await api.ctx.jobs.enqueue(fetchQuote, { symbol: 'MSFT' });
    for (const id of [randomUUIDv7(), 'meta', 'wait', 'id', 'events', '1', 'a:b', '%2a', 'x'.repeat(3_000)])
      expect(await problemOf(await ask(id)), id).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('of a schedule is shown to operators alone', async () => {
    await queueOf(upkeep.name).upsertJobScheduler('tidy', { every: 3_600_000 }, { name: 'tidy', data: {} });
    const [run] = await queueOf(upkeep.name).getDelayed();
    const jobs = await queueOf(upkeep.name).getJobs(['delayed', 'waiting']);
    const id = [run, ...jobs].find((job) => job?.id?.startsWith('repeat:'))?.id ?? '';
    expect(id).toMatch(/^repeat:tidy:/);
    expect((await ask(id)).status).toBe(404);
    expect((await ask(id, 'demo')).status).toBe(404);
    expect((await ask(id, 'admin')).status).toBe(200);
  });
});

it.each([
  { job: fetchQuote, name: 'fetch-quote:TSLA' },
  { job: fetchCompany, name: 'fetch-company:TSLA' },
])('asking about a $job.kind that has not ended counts as asking for its data', async ({ job, name }) => {
  const wantedUntil = async () => Number(await api.ctx.redis.zscore('market:asks', name));
  await api.ctx.market.asks.admit(name);
  const id = await api.ctx.jobs.enqueue(job, { symbol: 'TSLA' });
  const almostOver = Date.now() + 1_000;
  await api.ctx.redis.zadd('market:asks', almostOver, name);
  await read(id);
  expect(await wantedUntil()).toBeGreaterThan(almostOver + 20_000);
});
