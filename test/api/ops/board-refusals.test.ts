import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ PAYMENTS_SHARDS: '2' });
});
afterAll(() => api.close());

const base = '/admin/queues/api/queues';
const put = (what: string, body: unknown) => api.send('PUT', `${base}/${what}`, { as: 'admin', body });
const Limit = z.object({ rateLimit: z.object({ max: z.int(), duration: z.int() }).nullable() });
const limitOf = async (queue: string) =>
  Limit.parse(await (await api.send('GET', `${base}/${queue}/rate-limit`, { as: 'admin' })).json()).rateLimit;

it('a number of jobs is taken for a second, in which workers count, and for no other time', async () => {
  expect(await pointersOf(await put('upkeep/rate-limit', { max: 1, duration: 60_000 }))).toEqual(['/duration']);
  expect(await limitOf('upkeep')).toBeNull();
  expect((await put('upkeep/rate-limit', { max: 5, duration: 1_000 })).status).toBe(200);
  expect(await limitOf('upkeep')).toEqual({ max: 5, duration: 1_000 });
  expect((await put('upkeep/rate-limit', { max: null })).status).toBe(200);
  expect(await limitOf('upkeep')).toBeNull();
});

it('no limit is less than the number of shards, of which each has its part', async () => {
  expect(await pointersOf(await put('payments/rate-limit', { max: 1, duration: 1_000 }))).toEqual(['/max']);
  expect(await pointersOf(await put('payments/concurrency', { concurrency: 1 }))).toEqual(['/concurrency']);
  const queue = api.ctx.jobs.queues.get('payments');
  expect([await limitOf('payments'), await queue?.getGlobalConcurrency()]).toEqual([null, null]);
  expect((await put('payments/rate-limit', { max: 2, duration: 1_000 })).status).toBe(200);
  expect((await put('payments/concurrency', { concurrency: 2 })).status).toBe(200);
  expect([await limitOf('payments'), await queue?.getGlobalConcurrency()]).toEqual([{ max: 2, duration: 1_000 }, 2]);
  expect((await put('payments/rate-limit', {})).status).toBe(200);
  expect((await put('payments/concurrency', { concurrency: 0 })).status).toBe(200);
  expect([await limitOf('payments'), await queue?.getGlobalConcurrency()]).toEqual([null, null]);
  expect((await put('upkeep/concurrency', { concurrency: 1 })).status).toBe(200);
});

it('schedules are not changed there, which workers would put back', async () => {
  const queue = api.ctx.jobs.queues.get('upkeep');
  await queue?.upsertJobScheduler('prune-tokens', { every: 3_600_000 }, { name: 'prune-tokens', data: {} });
  const schedule = `${base}/upkeep/job-schedulers/prune-tokens`;
  const changed = await api.send('PATCH', schedule, { as: 'admin', body: { every: 60_000 } });
  expect(await problemOf(changed)).toMatchObject({ status: 422, code: 'invalid' });
  const removed = await api.send('PUT', `${schedule}/remove`, { as: 'admin' });
  expect(await problemOf(removed)).toMatchObject({ status: 422, code: 'invalid' });
  expect(await queue?.getJobScheduler('prune-tokens')).toMatchObject({ every: 3_600_000 });
});

it('a limit that is not written in whole numbers, or only half, is refused', async () => {
  for (const body of [{ max: 5 }, { max: 5, duration: '60000' }, { max: 5, duration: null }])
    expect(await pointersOf(await put('upkeep/rate-limit', body))).toEqual(['/duration']);
  for (const max of ['5', 1.5])
    expect(await pointersOf(await put('upkeep/rate-limit', { max, duration: 1_000 }))).toEqual(['/max']);
  for (const body of [{ concurrency: '5' }, { concurrency: 1.5 }, { concurrency: -1 }, { concurrency: null }, {}])
    expect(await pointersOf(await put('upkeep/concurrency', body))).toEqual(['/concurrency']);
  expect(await limitOf('upkeep')).toBeNull();
  expect(await api.ctx.jobs.queues.get('upkeep')?.getGlobalConcurrency()).toBe(1);
});

it('a job is added only to the queue of its kind', async () => {
  const add = (queue: string, body: unknown) => api.send('POST', `${base}/${queue}/add`, { as: 'admin', body });
  for (const name of ['poll-symbol', 'no-such-kind', '__default__', undefined])
    expect(await pointersOf(await add('payments', { name, data: {}, options: {} })), name).toEqual(['/name']);
  expect(await pointersOf(await add('upkeep', { name: 'reconcile', data: {}, options: 'lifo' }))).toEqual(['/options']);
  const refused = await problemOf(await add('payments', { name: 'poll-symbol', data: { symbol: 'AAPL' } }));
  expect(refused.message).toMatch(/^\/name is no kind of job on this queue/);
  expect(await api.ctx.jobs.queues.get('payments')?.getJobCountByTypes()).toBe(0);
  expect((await add('upkeep', { name: 'reconcile', data: {} })).status).toBe(200);
});

it('what is refused of a queue that there is not is that there is none', async () => {
  const asked = [
    await put('nothing/rate-limit', { max: 1, duration: 60_000 }),
    await put('nothing/concurrency', { concurrency: 'x' }),
    await put('nothing/job-schedulers/prune-tokens/remove', {}),
    await api.send('POST', `${base}/nothing/add`, { as: 'admin', body: { name: 'reconcile', data: {} } }),
  ];
  for (const answer of asked) expect(await problemOf(answer)).toMatchObject({ status: 404, code: 'not_found' });
});

it('a refusal is said in the fields that the page of the board shows, and only there', async () => {
  const { title, error, message } = await problemOf(await put('upkeep/rate-limit', { max: 1, duration: 60_000 }));
  expect([error, message]).toEqual([title, expect.stringMatching(/^\/duration must be 1000/)]);
  const unknown = await problemOf(await put('nothing/rate-limit', {}));
  expect([unknown.error, unknown.message]).toEqual([unknown.title, unknown.detail]);
  const elsewhere = await problemOf(await api.send('GET', '/jobs/nothing', { as: 'admin' }));
  expect(elsewhere).not.toHaveProperty('error');
});
