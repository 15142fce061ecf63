import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob, type Job } from '../../src/jobs/define-job.ts';
import { finnhub, upkeep } from '../../src/jobs/queues.ts';
import { scheduleJobs } from '../../src/workers/schedule-jobs.ts';
import { until } from '../support/processes/process.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => api.ctx.redis.flushdb());

function sweepYard(everyMs: number | undefined, kind = 'sweep-yard'): Job {
  return defineJob(
    {
      kind,
      summary: 'Sweep the yard.',
      queue: upkeep,
      payload: z.object({}),
      result: z.object({}),
      attempts: 2,
      backoffMs: 1,
      timeoutMs: 1_000,
      ...(everyMs === undefined ? {} : { everyMs }),
    },
    async () => ({}),
  );
}

const upkeepQueue = () => {
  const queue = api.ctx.jobs.queues.get('upkeep');
  if (!queue) throw new Error('there is no queue for housekeeping');
  return queue;
};
const schedule = (...jobs: Job[]) =>
  scheduleJobs({
    ...api.ctx,
    jobs: {
      ...api.ctx.jobs,
      definitions: { ...api.ctx.jobs.definitions, jobs: new Map(jobs.map((job) => [job.kind, job])) },
    },
  });
/** How often each kind runs, ms, as Redis has it. */
const written = async () =>
  Object.fromEntries((await upkeepQueue().getJobSchedulers()).map(({ key, every }) => [key, Number(every)]));
const planned = async () => (await upkeepQueue().getJobs(['waiting', 'delayed'])).map(({ name, opts }) => [name, opts]);

describe('schedules', () => {
  it('are those of the kinds that say how often', async () => {
    await schedule(sweepYard(60_000), sweepYard(5_000, 'feed-cat'), sweepYard(undefined, 'call-mum'));
    expect(await written()).toEqual({ 'feed-cat': 5_000, 'sweep-yard': 60_000 });
    expect(await planned()).toHaveLength(2);
    expect(await planned()).toContainEqual(['sweep-yard', expect.objectContaining({ attempts: 2 })]);
  });

  it('stay as they are when they are written again: no run is added, none is put off', async () => {
    await schedule(sweepYard(60_000));
    const [before] = await upkeepQueue().getJobSchedulers();
    for (let count = 0; count < 3; count += 1) await schedule(sweepYard(60_000));
    expect(await upkeepQueue().getJobSchedulers()).toEqual([
      { ...before, iterationCount: expect.anything(), next: before?.next },
    ]);
    expect(await planned()).toHaveLength(1);
  });

  it('are planned anew when a clock that was ahead has put them off', async () => {
    await schedule(sweepYard(60_000));
    const ahead = Date.now() + 3_600_000;
    await api.ctx.redis.zadd('bull:upkeep:repeat', ahead, 'sweep-yard');
    await schedule(sweepYard(60_000));
    const [anew] = await upkeepQueue().getJobSchedulers();
    expect(anew?.next).toBeLessThan(ahead - 1_800_000);
  });

  it('change with the kind, and go with it', async () => {
    await schedule(sweepYard(60_000));
    await schedule(sweepYard(90_000));
    expect(await written()).toEqual({ 'sweep-yard': 90_000 });
    await schedule(sweepYard(undefined));
    expect(await written()).toEqual({});
  });

  it('come back after Redis has lost them', async () => {
    await schedule(sweepYard(60_000));
    await api.ctx.redis.flushdb();
    expect(await written()).toEqual({});
    await schedule(sweepYard(60_000));
    expect(await written()).toEqual({ 'sweep-yard': 60_000 });
    expect(await planned()).toHaveLength(1);
  });

  it('of calls to Finnhub give way to people', async () => {
    await schedule({ ...sweepYard(60_000), queue: finnhub });
    const jobs = await api.ctx.jobs.queues.get('finnhub')?.getJobs(['waiting', 'delayed', 'prioritized']);
    expect(jobs?.map(({ priority }) => priority)).toEqual([4]);
  });

  it('are made by one process at a time; a dead one blocks the others for ten seconds at the most', async () => {
    const both = await Promise.all([schedule(sweepYard(60_000)), schedule(sweepYard(60_000))]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await api.ctx.redis.exists('orderflow:scheduling')).toBe(0);
    await api.ctx.redis.set('orderflow:scheduling', 'dead');
    expect(await schedule(sweepYard(60_000))).toBe(false);
    await api.ctx.redis.pexpire('orderflow:scheduling', 50);
    await until('its turn', async () => (await schedule(sweepYard(60_000))) || undefined);
  });

  it('of the product are what its kinds say', async () => {
    await scheduleJobs(api.ctx);
    const said = [...api.ctx.jobs.definitions.jobs.values()].filter(
      ({ everyMs, queue }) => everyMs !== undefined && queue.name === 'upkeep',
    );
    expect(await written()).toEqual(Object.fromEntries(said.map(({ kind, everyMs }) => [kind, everyMs])));
    expect(await written()).toMatchObject({ 'prune-tokens': 3_600_000 });
  });
});
