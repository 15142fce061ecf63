import type { Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JobView } from '../../../src/api/ops/job-view.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { catalog } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { type FeedServer, recorded, sendJson, sendText, startFeed } from '../../support/upstreams/feed-server.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

const List = z.object({ data: z.array(z.object({ source: z.string() })) });

let api: TestApi;
let feed: FeedServer;
let worker: Worker;
beforeAll(async () => {
  feed = await startFeed();
  api = await openTestApi({ PUBLIC_PRODUCT_API: feed.url });
  worker = runQueue(catalog, 2, patientRedis(api.ctx.config), api.ctx);
  await worker.waitUntilReady();
});
afterAll(async () => {
  await worker.close();
  await api.close();
  await feed.stop();
});
beforeEach(async () => {
  await api.ctx.redis.del('catalog:last-sync');
  await api.ctx.orm.em.fork().nativeDelete(Product, { source: { $ne: 'local' } });
  feed.answerWith(sendJson(recorded.fakestore));
});

const list = async () => {
  const answer = await api.send('GET', '/products?sync=true&limit=100');
  expect(answer.status).toBe(200);
  return List.parse(await answer.json()).data.length;
};
const ended = () => api.ctx.jobs.queues.get(catalog.name)?.getJobCounts('completed', 'failed');
const endOf = (location: string) =>
  until(`the end of ${location}`, async () => {
    const job = JobView.parse(await (await api.send('GET', location)).json());
    return job.finished_at === null ? undefined : job;
  });

describe('listing products with sync=true', () => {
  it('reads the feed first, and the next asker within a minute does not', async () => {
    expect(await list()).toBe(22);
    expect(feed.calls()).toBe(1);
    const jobs = await ended();
    expect(await list()).toBe(22);
    expect(feed.calls()).toBe(1);
    expect(await ended()).toEqual(jobs);
  });

  it('is one reading for any number of askers at once', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 40 }, list)))).toEqual(new Set([22]));
    expect(feed.calls()).toBe(1);
  });

  it('answers what is stored when the feed is no feed, and lets it rest too', async () => {
    feed.answerWith(sendText('<html>'));
    expect(await list()).toBe(2);
    expect(await list()).toBe(2);
    expect(feed.calls()).toBe(2);
  });
});

describe('asking for a sync', () => {
  const ask = () => api.send('POST', '/products/sync', { as: 'admin' });

  it('answers a job whose result counts, also when the feed has just been read', async () => {
    await list();
    const answer = await ask();
    expect(answer.status).toBe(202);
    const job = JobView.parse(await answer.json());
    expect(job).toMatchObject({ kind: 'sync-products', queue: 'catalog' });
    expect(answer.headers.get('location')).toBe(`/jobs/${job.id}`);
    expect(await endOf(`/jobs/${job.id}`)).toMatchObject({
      state: 'completed',
      result: { outcome: 'synced', created: 0, updated: 0, unchanged: 20 },
    });
  });

  it('joins the reading under way, and those who list wait for it', async () => {
    const held = Promise.withResolvers<void>();
    feed.answerWith((response, query) => void held.promise.then(() => sendJson(recorded.fakestore)(response, query)));
    const [first, second] = [await ask(), await ask()];
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    await until('the reading', () => (feed.calls() === 1 ? true : undefined));
    const listing = list();
    held.resolve();
    expect(await listing).toBe(22);
    expect(feed.calls()).toBe(1);
  });

  it('tells in its job what is wrong with the feed', async () => {
    feed.answerWith(sendJson([{ id: 1, title: 'Lamp', price: -1 }]));
    const job = await endOf((await ask()).headers.get('location') ?? '');
    expect(job).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('The product feed lists no product; price: '),
    });
  });

  it('is for administrators', async () => {
    expect((await problemOf(await api.send('POST', '/products/sync'))).code).toBe('unauthenticated');
    expect((await problemOf(await api.send('POST', '/products/sync', { as: 'demo' }))).code).toBe('forbidden');
    expect(feed.calls()).toBe(0);
  });
});
