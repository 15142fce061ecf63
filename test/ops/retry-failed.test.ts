import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { upkeep } from '../../src/jobs/queues.ts';
import { bury } from '../../src/ops/dead-letters.ts';
import { retryFailed } from '../../src/ops/retry-failed.ts';
import type { Transaction } from '../../src/outbox/transaction.ts';
import { failedJob } from '../support/api/failed-job.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

/** A job that has failed for good, as BullMQ has it. */
async function failed() {
  const id = await failedJob(api.ctx);
  const job = await api.ctx.jobs.queues.get(upkeep.name)?.getJob(id);
  if (!job) throw new Error('there is no such job');
  return { id, job };
}

const lettersOf = (jobId: string) => api.ctx.orm.em.fork().find(DeadLetter, { jobId });
const stateOf = (id: string) => api.ctx.jobs.queues.get(upkeep.name)?.getJobState(id);
const dead = (id: string) => ({ id, name: 'charge-order', data: {}, attemptsMade: 0 });

test('the letter stays until Redis has taken the job, and where it does not answer', async () => {
  const { id, job } = await failed();
  const isAsked = Promise.withResolvers<void>();
  job.retry = () => {
    isAsked.resolve();
    return new Promise(() => {});
  };
  const retrying = retryFailed(api.ctx, job);
  await isAsked.promise;
  // A process that is killed now leaves this.
  expect(await lettersOf(id)).toHaveLength(1);
  await expect(retrying).rejects.toThrow('Redis did not answer');
  expect(await lettersOf(id)).toHaveLength(1);
  expect(await stateOf(id)).toBe('failed');
});

test('a job that runs again though the answer was lost has no letter', async () => {
  const { id, job } = await failed();
  const retry = job.retry.bind(job);
  job.retry = async (...given) => {
    await retry(...given);
    throw new Error('Connection is closed.');
  };
  await expect(retryFailed(api.ctx, job)).rejects.toThrow('Connection is closed.');
  expect(await stateOf(id)).toBe('waiting');
  expect(await lettersOf(id)).toEqual([]);
});

test('where the transaction runs again Redis is not asked again, and the letter is gone', async () => {
  const { id, job } = await failed();
  const twice: Transaction = async (work) => {
    const undone = api.ctx.transaction(async (tx, after) => {
      await work(tx, after);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await lettersOf(id)).toHaveLength(1);
    return api.ctx.transaction(work);
  };
  await retryFailed({ ...api.ctx, transaction: twice }, job);
  expect(await stateOf(id)).toBe('waiting');
  expect(await lettersOf(id)).toEqual([]);
});

test('a job that fails again before its letter is taken back has a new one', async () => {
  const { id, job } = await failed();
  const retry = job.retry.bind(job);
  let burying = Promise.resolve();
  job.retry = async (...given) => {
    await retry(...given);
    burying = bury(api.ctx, dead(id), new Error('It has failed again.'));
    const sql = `/* of the test */ select 1 from information_schema.processlist
      where db = database() and info like 'insert%dead_letters%'`;
    await until('it waits', async () => (await api.ctx.orm.em.fork().execute(sql)).length > 0 || undefined);
  };
  await retryFailed(api.ctx, job);
  await burying;
  expect((await lettersOf(id)).map(({ reason }) => reason)).toEqual(['Error: It has failed again.']);
});

test('a letter that a retry has left tells why its job failed last, unless it has been replayed', async () => {
  const { id } = await failed();
  const [before] = await lettersOf(id);
  const later = { ...api.ctx, now: () => new Date(api.ctx.now().getTime() + 60_000) };
  await bury(later, dead(id), new Error('It has failed again.'));
  const [renewed, ...others] = await lettersOf(id);
  expect(others).toEqual([]);
  expect(renewed).toMatchObject({ id: before?.id, reason: 'Error: It has failed again.' });
  expect(renewed?.diedAt.getTime()).toBeGreaterThan(before?.diedAt.getTime() ?? Number.POSITIVE_INFINITY);
  await api.ctx.orm.em.fork().nativeUpdate(DeadLetter, { jobId: id }, { replayedAt: new Date() });
  await bury(later, dead(id), new Error('It has failed once more.'));
  expect((await lettersOf(id)).map(({ reason }) => reason)).toEqual(['Error: It has failed again.']);
});
