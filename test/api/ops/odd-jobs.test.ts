import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JobView } from '../../../src/api/ops/job-view.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { upkeep } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const keyOf = (id: string) => `bull:upkeep:${id}`;
const deep = '['.repeat(50_000) + ']'.repeat(50_000);
/** What somebody may have done to a job in Redis, as fields of its hash. */
const spoilt: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a payload that is not JSON': { data: '{"symbol":' },
  'a payload of nothing': { data: 'null' },
  'a number for a payload': { data: '7' },
  'a payload without bottom': { data: deep },
  'a payload without end': { data: JSON.stringify({ text: 'x'.repeat(5_000_000) }) },
  'options that are not JSON': { opts: 'attempts' },
  'options of nothing': { opts: 'null' },
  'progress that is not JSON': { progress: '{' },
  'progress without bottom': { progress: deep },
  'a time that is none': { timestamp: 'yesterday', processedOn: '1e300', finishedOn: '-1' },
  'counts that are none': { atm: 'x', ats: 'y', stc: 'z', priority: 'p', delay: 'd' },
  'a result that is not JSON': { returnvalue: '{', stacktrace: '7', failedReason: '\u0000' },
  'a result without bottom': { returnvalue: deep, stacktrace: deep },
  'a parent that is not JSON': { parent: 'x' },
};

async function addJob(): Promise<string> {
  const id = randomUUIDv7();
  await api.ctx.jobs.queues.get('upkeep')?.add('prune-tokens', {}, { jobId: id });
  return id;
}

const List = z.object({ data: z.array(JobView) });
const board = '/admin/queues/api/queues';

/** Every answer about a queue that holds the job, and one that is as it should be. */
async function expectAnswers(odd: string, good: string) {
  const one = await api.send('GET', `/jobs/${odd}`);
  expect([200, 404]).toContain(one.status);
  if (one.status === 200) JobView.parse(await one.json());
  for (const query of ['', '?state=waiting', `?key=${good}`, '?kind=prune-tokens']) {
    const answer = await api.send('GET', `/jobs${query}`, { as: 'admin' });
    expect(answer.status, query).toBe(200);
    const { data } = List.parse(await answer.json());
    expect(data.map(({ id }) => id)).toContain(good);
  }
  expect((await api.send('GET', `/jobs?key=${odd}`, { as: 'admin' })).status).toBe(200);
  expect((await api.send('GET', '/queues', { as: 'admin' })).status).toBe(200);
  for (const path of ['?activeQueue=upkeep', '?activeQueue=upkeep&status=waiting', `/upkeep/${good}`]) {
    const page = await api.send('GET', board + path, { as: 'admin' });
    expect(page.status, path).toBe(200);
    const text = await page.text();
    expect(text, path).toContain(good);
    expect(text.length).toBeLessThan(1_000_000);
  }
  expect([200, 404]).toContain((await api.send('GET', `${board}/upkeep/${odd}`, { as: 'admin' })).status);
}

describe('whatever has become of a job in Redis, it and the others are shown:', () => {
  it.each(Object.entries(spoilt))('%s', async (_name, fields) => {
    const [odd, good] = [await addJob(), await addJob()];
    await api.ctx.redis.hset(keyOf(odd), fields);
    await expectAnswers(odd, good);
    await api.ctx.jobs.queues.get('upkeep')?.obliterate({ force: true });
  });

  it.each(['a text', 'a list', 'nothing'])('%s in its place', async (what) => {
    const [odd, good] = [await addJob(), await addJob()];
    await api.ctx.redis.del(keyOf(odd));
    if (what === 'a text') await api.ctx.redis.set(keyOf(odd), 'not a hash');
    if (what === 'a list') await api.ctx.redis.rpush(keyOf(odd), 'not a hash');
    await expectAnswers(odd, good);
    await api.ctx.redis.del(keyOf(odd));
    await api.ctx.jobs.queues.get('upkeep')?.obliterate({ force: true });
  });
});

it('a job that cannot be read is given up, buried with a word about it, and its queue goes on', async () => {
  const names = ['a payload that is not JSON', 'a payload without bottom', 'a payload without end'];
  const ids: string[] = [];
  for (const name of names) {
    const id = await addJob();
    await api.ctx.redis.hset(keyOf(id), spoilt[name] ?? {});
    ids.push(id);
  }
  const good = await addJob();
  const worker = runQueue(upkeep, 1, patientRedis(api.ctx.config), api.ctx);
  await until('the good one', async () =>
    (await api.ctx.jobs.queues.get('upkeep')?.getJobState(good)) === 'completed' ? true : undefined,
  );
  await worker.close();
  const letters = await api.ctx.orm.em.fork().find(DeadLetter, { jobId: { $in: ids } }, { orderBy: { id: 'asc' } });
  expect(letters.map(({ kind }) => kind)).toEqual(['prune-tokens', 'prune-tokens', 'prune-tokens']);
  for (const { payload } of letters) expect(payload).toMatch(/^"\[a payload of \d+ bytes: .*\]"$/);
});
