import { randomUUIDv7 } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob, type Job, jobData } from '../../src/jobs/define-job.ts';
import { payments } from '../../src/jobs/queues.ts';
import { mostBefore, untold } from '../../src/jobs/shares.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { runQueue } from '../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

// BullMQ's own queue and worker, with a job that only notes whose it is; the process proof is test/chaos/fairness.chaos.ts.
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await queue().obliterate({ force: true });
});

const queue = (of = api) => {
  const found = of.ctx.jobs.queues.get(payments.name);
  if (!found) throw new Error('there is no such queue');
  return found;
};
const shares = () => api.ctx.jobs.shares.get(payments.name);

/** Lets jobs of tenants wait, then one worker work at them; whose each attempt is, in the order in which they begin. */
async function work(
  asking: Readonly<Record<string, number>>,
  attempt: (guest: string, runs: number) => void = () => {},
  of = api,
) {
  const begun: string[] = [];
  const runs = new Map<string, number>();
  const job = defineJob(
    {
      kind: 'serve-guest',
      summary: 'Serve a guest.',
      queue: payments,
      payload: z.object({ guest: z.string() }),
      result: z.object({}),
      attempts: 3,
      backoffMs: 1,
      timeoutMs: 1_000,
    },
    async ({ id, payload }) => {
      begun.push(payload.guest);
      runs.set(id, 1 + (runs.get(id) ?? 0));
      attempt(payload.guest, runs.get(id) ?? 0);
      return {};
    },
  );
  await queue(of).pause();
  for (const [guest, count] of Object.entries(asking))
    await of.ctx.jobs.enqueueAll(
      Array.from({ length: count }, () => ({ job, id: randomUUIDv7(), payload: jobData(job, { guest }, guest) })),
    );
  const definitions = { ...of.ctx.jobs.definitions, jobs: new Map<string, Job>([[job.kind, job]]) };
  const context = { ...of.ctx, jobs: { ...of.ctx.jobs, definitions } };
  const worker = runQueue(payments, 1, patientRedis(of.ctx.config), context);
  closing.push(() => worker.close());
  await queue(of).resume();
  return begun;
}

const placesOf = (begun: readonly string[], guest: string) =>
  begun.flatMap((some, index) => (some === guest ? [index] : []));

test('ten tenants with five jobs do not wait behind one with three hundred, and that one does not starve', async () => {
  const few = Array.from({ length: 10 }, (_, index) => `user:${index + 2}`);
  const begun = await work({ 'user:1': 300, ...Object.fromEntries(few.map((guest) => [guest, 5])) });
  await until('all are served', () => (begun.length === 350 ? true : undefined));
  for (const guest of few)
    for (const [index, before] of placesOf(begun, guest).entries())
      expect(before).toBeLessThanOrEqual(mostBefore({ place: index + 1, weight: 1, others: few.map(() => 1) }, 1));
  expect(begun.slice(0, 55).filter((guest) => guest === 'user:1').length).toBeGreaterThanOrEqual(4);
});

test('whoever has three shares is served three times as often', async () => {
  const weighed = await openTestApi({ TENANT_WEIGHTS: 'user:2=3' });
  closing.push(() => weighed.close());
  const begun = await work({ 'user:1': 60, 'user:2': 60 }, () => {}, weighed);
  await until('all are served', () => (begun.length === 120 ? true : undefined));
  expect(begun.slice(0, 40).filter((guest) => guest === 'user:2')).toHaveLength(30);
});

test('whoever fails and comes back waits for another turn, and does not come before everybody else', async () => {
  const begun = await work({ 'user:1': 60, 'user:2': 20 }, (guest, runs) => {
    if (guest === 'user:1' && runs < 3) throw new Error('not yet');
  });
  await until('all are served', async () => {
    // As every worker process does every five seconds.
    await shares()?.place();
    return begun.length === 200 ? true : undefined;
  });
  // Each attempt is a turn.
  for (const [index, before] of placesOf(begun, 'user:2').entries())
    expect(before).toBeLessThanOrEqual(mostBefore({ place: index + 1, weight: 1, others: [1] }));
});

test('what was queued before there were shares is served first, and what belongs to nobody has a share of its own', async () => {
  const { id = '' } = await queue().add('serve-guest', { guest: 'of old' }, { priority: 0 });
  const begun = await work({ 'user:1': untold + 4 });
  await until('all are served', () => (begun.length === untold + 5 ? true : undefined));
  expect(begun[0]).toBe('of old');
  expect((await queue().getJob(id))?.finishedOn).toBeDefined();
});
