import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openJobAnswers } from '../../src/jobs/answers.ts';
import { expireOrders } from '../../src/jobs/orders/expire-orders.job.ts';
import { upkeep } from '../../src/jobs/queues.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { runQueue } from '../../src/workers/run-queue.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { expectCollected } from '../support/processes/collect-garbage.ts';
import { patienceMs } from '../support/processes/process.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

test('a wait that is over leaves nothing behind, however long the process lives', async () => {
  const { ctx, parts } = api;
  const worker = runQueue(upkeep, 1, patientRedis(ctx.config), ctx);
  const id = await ctx.jobs.enqueue(expireOrders, {});
  const wait = () => parts.answers.endOf(upkeep.name, id, patienceMs);
  expect(await wait()).toEqual({ isDone: true, result: { cancelled: 0, asked: 0 } });
  await worker.close();
  const endings: WeakRef<object>[] = [];
  for (let count = 0; count < 1_000; count += 1) {
    const ending = await wait();
    if (ending) endings.push(new WeakRef(ending));
  }
  expect(endings).toHaveLength(1_000);
  await expectCollected('endings', endings);
});

test('who waits when waits are to end is told so, and whoever comes later', async () => {
  const answers = openJobAnswers(api.ctx.jobs, patientRedis(api.ctx.config));
  const id = randomUUID();
  const waits = [id, id, randomUUID()].map((each) => answers.endOf(upkeep.name, each, patienceMs));
  answers.endWaits();
  expect(await Promise.all(waits)).toEqual([undefined, undefined, undefined]);
  expect(await answers.endOf(upkeep.name, id, patienceMs)).toBeUndefined();
  await answers.close();
});
