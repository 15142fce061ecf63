import { rm } from 'node:fs/promises';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { oldBooks, oldJobs, oldOrders, openOldDatabase } from '../support/stores/old-data.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

// What another release has left behind: its database, its jobs in Redis, its gateway's books.
let platform: Platform;
let books: string;
beforeAll(async () => {
  books = await oldBooks();
  platform = await startPlatform({
    sandboxData: books,
    env: { WATCHLIST: '' },
    async open(config) {
      const orm = await openOldDatabase(config);
      await orm.migrator.up();
      return orm;
    },
  });
});
afterAll(async () => {
  await platform.stop();
  await rm(books, { recursive: true, force: true });
});

const List = z.object({ data: z.array(z.looseObject({})) });
const readJson = async (path: string, account: 'demo' | 'admin' = 'admin') => {
  const answer = await platform.send('GET', path, undefined, account);
  expect(answer.status, path).toBe(200);
  return answer.json();
};

test('its rows are read: orders with their timelines, payments, products, prices, people', async () => {
  const orders = await oldOrders();
  for (const id of Object.values(orders)) {
    expect(await readJson(`/orders/${id}`, 'demo')).toMatchObject({ id });
    expect(List.parse(await readJson(`/orders/${id}/timeline`, 'demo')).data.length).toBeGreaterThan(0);
  }
  expect(await readJson(`/orders/${orders['paid_USD']}`)).toMatchObject({ status: 'paid', total_amount: 60 });
  expect(await readJson(`/orders/${orders['refunded']}`)).toMatchObject({ status: 'refunded' });
  expect(await readJson(`/orders/${orders['partly_refunded']}`)).toMatchObject({ status: 'partially_refunded' });
  for (const path of ['/orders', '/payments', '/products', '/users', '/events', '/market/watchlist'])
    expect(List.parse(await readJson(path)).data.length, path).toBeGreaterThan(0);
  const history = '/market/quote/history?symbol=AAPL&from=2026-11-26&to=2026-11-27';
  expect(List.parse(await readJson(history)).data.length).toBeGreaterThan(0);
  for (const path of ['/audit', '/dead-letters']) List.parse(await readJson(path));
});

test('what still stood in its outbox leaves, and those orders are paid', async () => {
  const { waiting = '', waiting_for_buyer: second = '' } = await oldOrders();
  for (const id of [waiting, second])
    await until('it is paid', async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  await until('the outbox is empty', async () =>
    (await platform.orm.em.fork().count(OutboxMessage)) === 0 ? true : undefined,
  );
});

test('its jobs run, whatever kind they are of', async () => {
  const { host, port, db } = platform.redis.options;
  const jobs = await oldJobs();
  expect(jobs.length).toBeGreaterThan(10);
  const open = new Map<string, Queue>();
  const queueOf = (name: string) => open.get(name) ?? new Queue(name, { connection: { host, port, db } });
  for (const { queue: name, name: kind, data, opts } of jobs) {
    const queue = queueOf(name);
    open.set(name, queue);
    const { jobId: _, de: __, repeat: ___, prevMillis: ____, ...options } = z.looseObject({}).parse(JSON.parse(opts));
    const job = await queue.add(kind, JSON.parse(data), options);
    const state = await until(`the end of an old ${kind}`, async () => {
      const now = await job.getState();
      return now === 'completed' || now === 'failed' ? now : undefined;
    });
    expect([kind, state]).toEqual([kind, 'completed']);
  }
  await Promise.all([...open.values()].map((queue) => queue.close()));
});

test('a new order is paid', async () => {
  const id = await placeOrder(platform);
  await until('paid', async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
});
