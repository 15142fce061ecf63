import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { GiveUp, RateLimited, StepAside } from '../../src/errors.ts';
import { explainWaits } from '../../src/ops/explain-waits.ts';
import { findJob } from '../../src/jobs/find-jobs.ts';
import { finnhub, restMax, upkeep } from '../../src/jobs/queues.ts';
import { impatientRedis } from '../../src/redis/connection.ts';
import { contract, greet, greetingsOf, type Work } from '../support/api/greetings.ts';
import { patienceMs, until } from '../support/processes/process.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
const { work, ended, queue, closing, clear } = greetingsOf(() => api);
afterEach(clear);
afterAll(() => api.close());

test('a job is parsed, done, and its result kept', async () => {
  const { runs, job } = work(greet);
  const done = await ended(await api.ctx.jobs.enqueue(job, { name: 'Ada' }));
  expect(done.returnvalue).toEqual({ greeting: 'Hello Ada' });
  expect(runs).toEqual(['Ada']);
});

test('a payload in Redis that does not fit fails at the first attempt, and nothing is run', async () => {
  const { runs, farewells } = work(greet);
  const { id = '' } = await queue().add('greet-guest', { name: 7 }, { attempts: 3 });
  const failed = await ended(id);
  expect(failed).toMatchObject({ attemptsMade: 1, failedReason: expect.stringContaining('does not fit') });
  expect([runs, farewells]).toEqual([[], []]);
});

test('a kind or a payload of a newer release is handed on, without an attempt spent, to a worker that knows it', async () => {
  const old = work(greet);
  const { id: unknown = '' } = await queue().add('greet-crowd', { name: 'all' }, { attempts: 3 });
  const ids = [unknown, await api.ctx.jobs.enqueue({ ...contract, version: 2 }, { name: 'Zoe' })];
  for (const id of ids)
    await until('it is handed on', async () => (await queue().getJob(id))?.attemptsStarted || undefined);
  const [crowd, second] = [work(greet, { kind: 'greet-crowd' }), work(greet, { version: 2 })];
  for (const id of ids) expect(await ended(id)).toMatchObject({ attemptsMade: 1, returnvalue: expect.anything() });
  expect([old.runs, crowd.runs, second.runs]).toEqual([[], ['all'], ['Zoe']]);
  expect((await ended(await api.ctx.jobs.enqueue(contract, { name: 'older' }))).returnvalue).toBeDefined();
});

test('what nobody knows after an hour fails, and says what to do', async () => {
  work(greet);
  const { id = '' } = await queue().add('greet-ghost', {}, { attempts: 3, delay: 1_000 });
  await api.ctx.redis.hset(queue().toKey(id), 'ats', 3_600);
  expect(await ended(id)).toMatchObject({ attemptsMade: 1, failedReason: expect.stringContaining('greet-ghost') });
});

test('a result that does not fit is a failure', async () => {
  const { job } = work(async () => ({ greeting: 'x'.repeat(51) }), { attempts: 1 });
  const failed = await ended(await api.ctx.jobs.enqueue(job, { name: 'Ada' }));
  expect(failed.failedReason).toContain('greeting');
});

test('an error is tried again; the farewell comes once, after the last try', async () => {
  const { runs, farewells, job } = work(async () => Promise.reject(new Error('the door is shut')));
  const failed = await ended(await api.ctx.jobs.enqueue(job, { name: 'Bob' }));
  expect(failed).toMatchObject({ attemptsMade: 3, failedReason: 'the door is shut' });
  expect(runs).toHaveLength(3);
  expect(farewells).toEqual(['Bob: the door is shut']);
});

test('a job that succeeds in the end has no farewell', async () => {
  let tries = 0;
  const { farewells, job } = work(async (attempt) => {
    tries += 1;
    return tries < 3 ? Promise.reject(new Error('not yet')) : greet(attempt);
  });
  const done = await ended(await api.ctx.jobs.enqueue(job, { name: 'Cy' }));
  expect(await done.isCompleted()).toBe(true);
  expect(farewells).toEqual([]);
});

test('GiveUp ends a job at once, with its farewell', async () => {
  const { runs, farewells, job } = work(async () => Promise.reject(new GiveUp('nobody lives here')));
  const failed = await ended(await api.ctx.jobs.enqueue(job, { name: 'Dee' }));
  expect(failed).toMatchObject({ attemptsMade: 1, failedReason: 'nobody lives here' });
  expect(runs).toHaveLength(1);
  expect(farewells).toEqual(['Dee: nobody lives here']);
});

test('RateLimited rests the whole queue, in every worker, spends no attempt, and has no farewell', async () => {
  const restMs = 400;
  const startedAt: number[] = [];
  const doIt: Work = async (attempt) => {
    startedAt.push(performance.now());
    if (startedAt.length > 1) return greet(attempt);
    throw new RateLimited(restMs);
  };
  const [{ farewells, job }] = [work(doIt), work(doIt)];
  const first = await api.ctx.jobs.enqueue(job, { name: 'Eve' });
  // Or has rested already, where this process has stood still.
  await until('the queue rests', async () =>
    (await queue().getRateLimitTtl(restMax)) > 0 || startedAt.length > 1 ? true : undefined,
  );
  const others = ['Fay', 'Guy', 'Hel'].map((name) => api.ctx.jobs.enqueue(job, { name }));
  for (const id of [first, ...(await Promise.all(others))]) {
    const done = await ended(id);
    expect(done.returnvalue).toBeDefined();
    expect(done.attemptsMade).toBe(1);
  }
  expect(startedAt).toHaveLength(5);
  for (const at of startedAt.slice(1)) expect(at - (startedAt[0] ?? 0)).toBeGreaterThanOrEqual(restMs - 50);
  expect(farewells).toEqual([]);
});

test('StepAside lets one job wait while its queue goes on, however often, spends no attempt, and keeps the order of many', async () => {
  const done: string[] = [];
  let mostLooks = Infinity;
  const looksOf = (name: string) => runs.filter((one) => one === name).length;
  const { runs, farewells, job } = work(
    async (attempt) => {
      const { name } = attempt.payload;
      if (name.startsWith('away') && looksOf(name) <= mostLooks) throw new StepAside(1);
      done.push(name);
      return greet(attempt);
    },
    {},
    {},
    { ...upkeep, concurrency: 1 },
  );
  const away = ['away-1', 'away-2', 'away-3'];
  const ids: string[] = [];
  for (const name of [...away, 'Ines']) ids.push(await api.ctx.jobs.enqueue(job, { name }));
  await ended(ids.at(-1) ?? '');
  expect(await queue().getRateLimitTtl()).toBe(0);
  // It comes back once a second, to look.
  const aside = await until('it waits again', async () => {
    const found = await findJob(api.ctx.jobs, ids[0] ?? '', explainWaits(api.ctx));
    return found?.state === 'delayed' ? found : undefined;
  });
  expect(aside.because).toContain('what it needs rests');
  // One and the same later round, of whatever round this is the middle.
  mostLooks = Math.max(...away.map(looksOf)) + 1;
  for (const id of ids) expect(await ended(id)).toMatchObject({ attemptsMade: 1 });
  expect(done).toEqual(['Ines', ...away]);
  expect(farewells).toEqual([]);
});

test('a queue that works does not look as if it rested', async () => {
  const { job } = work(greet);
  await ended(await api.ctx.jobs.enqueue(job, { name: 'Ivy' }));
  expect(await queue().getRateLimitTtl(restMax)).toBe(0);
});

test('a job that is limited more often than it has attempts is done all the same', async () => {
  let limits = 0;
  const { job } = work(async (attempt) => {
    limits += 1;
    if (limits > 5) return greet(attempt);
    throw new RateLimited(10);
  });
  const done = await ended(await api.ctx.jobs.enqueue(job, { name: 'Gil' }));
  expect(done).toMatchObject({ attemptsMade: 1, returnvalue: { greeting: 'Hello Gil' } });
});

test('a job that a rest puts back into its lane has a mark again that wakes a worker', async () => {
  const mark = queue().toKey('marker');
  const limited = Promise.withResolvers<void>();
  const { worker, job } = work(async () => {
    // Nobody takes the next mark away, or the job up.
    await worker.pause(true);
    await api.ctx.redis.del(mark);
    limited.resolve();
    throw new RateLimited(10);
  });
  const id = await api.ctx.jobs.enqueue(job, { name: 'Ben' }, { lane: 'refresh' });
  await limited.promise;
  await until('there is a mark', async () => (await api.ctx.redis.zscore(mark, '0')) ?? undefined);
  expect(await (await queue().getJob(id))?.getState()).toBe('prioritized');
});

test('what comes back from a rest into the first lane of fetches begins in the order in which it was asked for', async () => {
  const fetches = api.ctx.jobs.queues.get(finnhub.name);
  const [names, allHaveBegun] = [['Ann', 'Bob', 'Cid'], Promise.withResolvers<void>()];
  const ids = new Map<string, string>();
  const { runs, job } = work(
    async (attempt) => {
      if (runs.length > names.length) return greet(attempt);
      if (runs.length === names.length) allHaveBegun.resolve();
      await allHaveBegun.promise;
      const before = ids.get(names[names.indexOf(attempt.payload.name) - 1] ?? '');
      await until('the one before is back', async () => {
        const state = before === undefined ? 'none' : await (await fetches?.getJob(before))?.getState();
        return state === 'active' ? undefined : true;
      });
      throw new RateLimited(2_000);
    },
    { queue: finnhub, timeoutMs: patienceMs },
    {},
    finnhub,
  );
  for (const name of names) ids.set(name, await api.ctx.jobs.enqueue(job, { name }));
  await until('all are greeted', async () => ((await fetches?.getCompletedCount()) === 3 ? true : undefined));
  expect(runs.slice(names.length)).toEqual(names);
});

test('a limit that Redis cannot be told of spends no attempt either', async () => {
  const mute = new Queue('upkeep', { connection: impatientRedis(api.ctx.config) });
  mute.rateLimit = () => new Promise(() => {});
  closing.push(() => mute.close());
  let limits = 0;
  const { job } = work(
    async (attempt) => {
      limits += 1;
      if (limits > 1) return greet(attempt);
      throw new RateLimited(10);
    },
    {},
    { jobs: { ...api.ctx.jobs, queues: new Map([['upkeep', mute]]) } },
  );
  const done = await ended(await api.ctx.jobs.enqueue(job, { name: 'Pat' }));
  expect(done).toMatchObject({ attemptsMade: 1, returnvalue: { greeting: 'Hello Pat' } });
});

test('a farewell that fails fails the job, and never the worker', async () => {
  const { farewells, job } = work(async () => Promise.reject(new Error('no')), { attempts: 1 });
  await ended(await api.ctx.jobs.enqueue(job, { name: 'Ida' }));
  await ended(await api.ctx.jobs.enqueue(job, { name: 'Joe' }));
  expect(farewells).toEqual(['Ida: no', 'Joe: no']);
  // Kept for people to look at all the same.
  const letters = await api.ctx.orm.em.fork().find(DeadLetter, { reason: 'Error: no' });
  expect(letters.map(({ payload }) => payload).toSorted()).toEqual(['{"name":"Ida"}', '{"name":"Joe"}']);
});

test('jobs that coalesce are one while they wait, and another one afterwards', async () => {
  const coalescing = { ...contract, coalesceBy: ({ name }: { name: string }) => name };
  const first = await api.ctx.jobs.enqueue(coalescing, { name: 'Kim' });
  expect(await api.ctx.jobs.enqueue(coalescing, { name: 'Kim' })).toBe(first);
  expect(await api.ctx.jobs.enqueue(coalescing, { name: 'Lee' })).not.toBe(first);
  const { runs } = work(greet, coalescing);
  await ended(first);
  const next = await api.ctx.jobs.enqueue(coalescing, { name: 'Kim' });
  expect(next).not.toBe(first);
  await ended(next);
  expect(runs.toSorted()).toEqual(['Kim', 'Kim', 'Lee']);
});

test('one that follows what is under way is one more after it, however often it is asked for by then', async () => {
  const following = { ...contract, coalesceBy: ({ name }: { name: string }) => name, followsActive: true };
  const ask = () => api.ctx.jobs.enqueue(following, { name: 'Kim' });
  const asked: string[] = [];
  const { runs } = work(async (attempt) => {
    if (asked.length === 0) asked.push(await ask(), await ask());
    return greet(attempt);
  }, following);
  const first = await ask();
  await ended(first);
  await until('it has run again', async () => runs.length > 1 || undefined);
  expect(asked).toEqual([first, first]);
  await until(
    'nothing is left',
    async () => (await queue().getJobCountByTypes('active', 'waiting')) === 0 || undefined,
  );
  expect(runs).toEqual(['Kim', 'Kim']);
});
