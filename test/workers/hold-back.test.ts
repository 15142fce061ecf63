import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob, type Job, jobData } from '../../src/jobs/define-job.ts';
import { payments } from '../../src/jobs/queues.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { runQueue } from '../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

const most = 2;
let api: TestApi;
beforeAll(async () => {
  // Over two shards: what is counted is counted over both.
  api = await openTestApi({ JOBS_PER_TENANT: String(most), PAYMENTS_SHARDS: '2' });
});
afterAll(() => api.close());
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await queue().obliterate({ force: true });
  await api.ctx.redis.flushdb();
});
const queue = () => {
  const found = api.ctx.jobs.queues.get(payments.name);
  if (!found) throw new Error('there is no such queue');
  return found;
};

type Visit = Readonly<{ id: string; guest: string; leave(error?: Error): void }>;

/** Lets jobs wait, and two workers work at them; each job stays until it is told to leave. */
async function work(asking: Readonly<Record<string, number>>) {
  const inside = new Map<string, Visit>();
  const left: string[] = [];
  const counts = new Map<string, number>();
  let isOver = false;
  closing.push(async () => {
    isOver = true;
    for (const visit of inside.values()) visit.leave();
  });
  const job = defineJob(
    {
      kind: 'receive-guest',
      summary: 'Receive a guest.',
      queue: payments,
      payload: z.object({ order_id: z.string(), guest: z.string() }),
      result: z.object({}),
      attempts: 3,
      backoffMs: 1,
      timeoutMs: 60_000,
    },
    async ({ id, payload: { guest } }) => {
      const stay = Promise.withResolvers<void>();
      const leave = (error?: Error) => (error ? stay.reject(error) : stay.resolve());
      inside.set(id, { id, guest, leave });
      const count = [...inside.values()].filter((other) => other.guest === guest).length;
      counts.set(guest, Math.max(counts.get(guest) ?? 0, count));
      if (isOver) leave();
      await stay.promise.finally(() => inside.delete(id));
      left.push(id);
      return {};
    },
  );
  await queue().pause();
  const ids: Record<string, string[]> = {};
  for (const [guest, count] of Object.entries(asking)) {
    const added = Array.from({ length: count }, () => {
      const payload = jobData(job, { order_id: randomUUID(), guest }, guest);
      return { job, id: randomUUIDv7(), payload };
    });
    for (const one of added) await api.ctx.jobs.enqueueAll([one]);
    ids[guest] = added.map(({ id }) => id);
  }
  const definitions = { ...api.ctx.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) };
  const context = { ...api.ctx, jobs: { ...api.ctx.jobs, definitions } };
  for (let workers = 0; workers < 2; workers += 1) {
    const worker = runQueue(payments, 8, patientRedis(api.ctx.config), context);
    closing.push(() => worker.close());
  }
  await queue().resume();
  return { ids, inside, left, counts };
}

const AtOnce = z.object({
  most: z.number(),
  held: z.array(z.object({ tenant: z.string(), under_way: z.number(), held: z.number() })),
});
const Queues = z.object({ data: z.array(z.object({ name: z.string(), at_once: AtOnce.nullable() })) });
async function told() {
  const { data } = Queues.parse(await (await api.send('GET', '/queues', { as: 'admin' })).json());
  return data.find(({ name }) => name === 'payments')?.at_once;
}

const Why = z.object({ state: z.literal('delayed'), waiting_because: z.string() });
const whyHeld = (before: number) =>
  `as many of its tenant’s as may be are under way, ${most}; of its jobs that are held for that, before it: ${before}`;

test('no tenant has more jobs under way than may be, others go on, and each is let in as one of its tenant’s ends', async () => {
  const { ids, inside, left, counts } = await work({ 'user:1': 9, 'user:2': 3, 'key:a': 1 });
  await until('all that may be are under way, and the others are held', async () => {
    const delayed = await queue().getDelayedCount();
    return inside.size === 2 + 2 + 1 && delayed === 7 + 1 ? true : undefined;
  });
  expect(await told()).toEqual({
    most,
    held: [
      { tenant: 'user:1', under_way: 2, held: 7 },
      { tenant: 'user:2', under_way: 2, held: 1 },
    ],
  });
  const held = ids['user:1']?.filter((id) => !inside.has(id)) ?? [];
  const reasons = held.map(async (id) => {
    expect(await queue().getJob(id)).toMatchObject({ attemptsMade: 0 });
    return Why.parse(await (await api.send('GET', `/jobs/${id}`, { as: 'admin' })).json()).waiting_because;
  });
  // Each says so, how many may be, and how many of its tenant's go first.
  expect((await Promise.all(reasons)).toSorted()).toEqual(held.map((_, before) => whyHeld(before)));
  // The last fails twice: each attempt takes a place, and gives it back.
  let failures = 2;
  await until('all have been', () => {
    for (const visit of inside.values()) {
      const fails = visit.id === ids['user:2']?.at(-1) && failures > 0;
      if (fails) failures -= 1;
      visit.leave(fails ? new Error('not yet') : undefined);
    }
    return left.length === 13 ? true : undefined;
  });
  expect(left.toSorted()).toEqual(Object.values(ids).flat().toSorted());
  expect(Object.fromEntries(counts)).toEqual({ 'user:1': 2, 'user:2': 2, 'key:a': 1 });
  expect(await told()).toEqual({ most, held: [] });
  expect(await api.ctx.redis.keys('orderflow:{payments:*')).toEqual([]);
});

test('a place of a process that has died is free again when its lease is over, and one of a job that is gone at once', async () => {
  const atOnce = api.ctx.jobs.jobsPerTenant.get(payments.name);
  const ticket = (id: string) => ({ tenant: 'user:1', id });
  const countBefore = async (id: string) => atOnce?.countBefore(ticket(id));
  const begin = (id: string, leaseMs = 60_000) => atOnce?.begin(ticket(id), leaseMs);
  expect([await begin('a'), await begin('b', 1)]).toEqual([0, 0]);
  // It knows its own when it comes back.
  expect(await begin('a')).toBe(0);
  await until('the lease is over', async () => ((await begin('c')) === 0 ? true : undefined));
  expect([await begin('gone'), await begin('d')]).toEqual([1, 2]);
  expect([await countBefore('a'), await countBefore('gone'), await countBefore('d')]).toEqual([undefined, 0, 1]);
  expect(await atOnce?.end(ticket('a'), 60_000)).toEqual(['gone']);
  expect(await atOnce?.end(ticket('gone'), 60_000)).toEqual(['d']);
  expect(await atOnce?.isLetIn(ticket('d'))).toBe(true);
});
