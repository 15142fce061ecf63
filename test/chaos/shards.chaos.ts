import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { type Platform, startPlatform, untilReady } from '../support/processes/platform.ts';
import { freePort, startProcess, type TestProcess, until } from '../support/processes/process.ts';

const env = { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0', PAYMENTS_SHARDS: '3' };
const prefixes = ['bull', 'bull-1c', 'bull-2v'];
const orders = 60;

let platform: Platform;
const others: TestProcess[] = [];
beforeAll(async () => {
  platform = await startPlatform({ workers: 2, ownRedis: true, env });
});
afterAll(async () => {
  await Promise.all(others.map((some) => some.signal('SIGKILL')));
  await platform.stop();
});

/** A worker that puts jobs into so many shards itself. */
async function startWorker(shards: number): Promise<TestProcess> {
  const port = await freePort();
  const own = { PAYMENTS_SHARDS: String(shards), HEALTH_PORT: String(port) };
  const worker = startProcess('src/workers/main.ts', [], { ...platform.env, ...own });
  others.push(worker);
  await untilReady(`http://127.0.0.1:${port}/readyz`, worker);
  return worker;
}

const placed: string[] = [];
async function place(count: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => placeOrder(platform)));
  placed.push(...ids);
  return ids;
}

async function untilPaid(ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await until(`${id} is paid`, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
}

/** How many jobs wait in each shard, by Redis's own word. */
async function waitingInEach(): Promise<number[]> {
  const count = async (prefix: string) =>
    (await platform.redis.llen(`${prefix}:payments:wait`)) +
    (await platform.redis.zcard(`${prefix}:payments:prioritized`));
  return Promise.all(prefixes.map(count));
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

const Queues = z.object({ data: z.array(z.object({ name: z.string(), status: z.string(), waiting: z.number() })) });
const Board = z.object({ queues: z.array(z.object({ name: z.string(), counts: z.record(z.string(), z.number()) })) });
async function read<T extends z.ZodType>(shape: T, path: string): Promise<z.output<T>> {
  return shape.parse(await (await platform.send('GET', path, undefined, 'admin')).json());
}

/** Every order has been charged once, whatever has happened. */
async function expectChargedOnce(): Promise<void> {
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  expect(charged.toSorted()).toEqual(placed.toSorted());
}

test('three shards are one queue: paid once, counted together, stopped together', async () => {
  // The first of them logs in for all.
  await untilPaid(await place(1));
  await untilPaid(await place(orders));
  const done = await Promise.all(prefixes.map((prefix) => platform.redis.zcard(`${prefix}:payments:completed`)));
  expect(done.every((count) => count > 0)).toBe(true);
  await expectChargedOnce();

  expect((await platform.send('POST', '/payments/stop', {}, 'admin')).status).toBe(200);
  const waiting = await place(orders);
  await until('all wait', async () => (sum(await waitingInEach()) === orders ? true : undefined));
  const inEach = await waitingInEach();
  expect(inEach.every((count) => count > 0)).toBe(true);
  const payments = (await read(Queues, '/queues')).data.filter(({ name }) => name.startsWith('payments'));
  expect(payments).toMatchObject([{ name: 'payments', status: 'paused', waiting: sum(inEach) }]);
  const shown = (await read(Board, '/admin/queues/api/queues')).queues.filter(({ name }) =>
    name.startsWith('payments'),
  );
  expect(shown).toHaveLength(1);
  expect((shown[0]?.counts['waiting'] ?? 0) + (shown[0]?.counts['prioritized'] ?? 0)).toBe(orders);
  const drain = z.object({ state: z.string(), waiting: z.number(), prioritised: z.number(), workers: z.number() });
  const autoscale = await fetch(`${platform.healths[1]}/autoscale/payments`);
  const told = drain.parse(await autoscale.json());
  expect(told).toMatchObject({ state: 'paused', workers: 2 });
  expect(told.waiting + told.prioritised).toBe(orders);
  // Who works the queue has been told, and looks at every shard.
  for (const id of waiting) expect(await statusOf(platform, id)).toBe('pending');
  await expect(expectChargedOnce()).rejects.toThrow();
});

test('from three to one while jobs wait and workers are killed: one that uses one shard serves all, of others too', async () => {
  await Promise.all(platform.workers.map((worker) => worker.signal('SIGKILL')));
  const one = await startWorker(1);
  expect((await platform.send('POST', '/payments/start', {}, 'admin')).status).toBe(200);
  await untilPaid(placed);
  // The API still puts jobs into three.
  await untilPaid(await place(orders));
  await platform.sandbox.fault({ target: 'stripe', kind: 'slow', ms: 500, seconds: 3_600 });
  const interrupted = await place(orders);
  await until('charges are under way', async () => {
    const active = await Promise.all(prefixes.map((prefix) => platform.redis.llen(`${prefix}:payments:active`)));
    return active.every((count) => count > 0) ? true : undefined;
  });
  await one.signal('SIGKILL');
  await startWorker(2);
  await untilPaid(interrupted);
  expect(sum(await waitingInEach())).toBe(0);
  await expectChargedOnce();
});
