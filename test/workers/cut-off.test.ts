import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { unlessCut } from '../../src/process/deadline.ts';
import { greet, greetingsOf, type Work } from '../support/api/greetings.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { standStill } from '../support/processes/stand-still.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
const { work, ended, clear } = greetingsOf(() => api);
afterEach(clear);
afterAll(() => api.close());

test('a job that is cut off when its process ends spends no attempt, has no farewell, and is done by another at once', async () => {
  const begun = Promise.withResolvers<void>();
  const once = { attempts: 1, timeoutMs: 60_000 };
  const untilCut: Work = async ({ signal }) => {
    const cut = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => cut.reject(signal.reason));
    begun.resolve();
    return cut.promise;
  };
  const { worker, farewells, job } = work(untilCut, once);
  const id = await api.ctx.jobs.enqueue(job, { name: 'Kim' });
  await begun.promise;
  const closed = worker.close();
  worker.cancelAllJobs('shutdown');
  await closed;
  work(greet, once);
  expect(await ended(id)).toMatchObject({ attemptsMade: 1, returnvalue: { greeting: 'Hello Kim' } });
  expect(farewells).toEqual([]);
});

test('the signal aborts when the time of a try is over', async () => {
  const reasons: string[] = [];
  const { job } = work(
    async ({ signal }) => {
      const aborted = Promise.withResolvers<void>();
      // It may be over before anybody has come to listen.
      if (signal.aborted) aborted.resolve();
      signal.addEventListener('abort', () => aborted.resolve());
      await aborted.promise;
      reasons.push(String(signal.reason));
      throw new Error('cut off');
    },
    { attempts: 1, timeoutMs: 60 },
  );
  const failed = await ended(await api.ctx.jobs.enqueue(job, { name: 'Hal' }));
  expect(failed.failedReason).toBe('cut off');
  expect(reasons).toEqual([expect.stringContaining('TimeoutError')]);
});

test('a job whose worker stood still for longer than a try may take goes on, and hears what it has asked for', async () => {
  // Nothing else is asked of Redis meanwhile: that would be late as well.
  const isAdded = Promise.withResolvers<void>();
  const hasStood = Promise.withResolvers<void>();
  const { job } = work(
    async ({ payload, signal }) => {
      await isAdded.promise;
      await standStill(2_500);
      hasStood.resolve();
      await unlessCut(signal, () => api.ctx.redis.ping());
      return { greeting: `Hello ${payload.name}` };
    },
    { attempts: 1 },
  );
  const id = await api.ctx.jobs.enqueue(job, { name: 'Sue' });
  isAdded.resolve();
  await hasStood.promise;
  const done = await ended(id);
  expect(done.failedReason).toBeUndefined();
  expect(done.returnvalue).toEqual({ greeting: 'Hello Sue' });
});
