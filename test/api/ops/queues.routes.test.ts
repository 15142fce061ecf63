import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { chargeOrder } from '../../../src/jobs/payments/charge-order.job.ts';
import { openProducer } from '../../../src/jobs/enqueue.ts';
import { finnhub, type Lane, mails, payments, queues, upkeep } from '../../../src/jobs/queues.ts';
import { untold } from '../../../src/jobs/shares.ts';
import { readDrain } from '../../../src/ops/drain.ts';
import { version } from '../../../src/process/version.ts';
import { openOutage } from '../../../src/gateways/http/outage.ts';
import { impatientRedis, patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { startRedis } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { fetchQuote } from '../../support/api/market-kinds.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const Share = z.object({
  tenant: z.string(),
  lane: z.string().nullable(),
  weight: z.int(),
  waiting: z.int(),
  most_before: z.int(),
});
const Shares = z.object({ tenants: z.int(), largest: z.array(Share) });
const Queues = z.object({
  data: z.array(z.looseObject({ name: z.string(), status: z.string(), workers: z.int().nullable() })),
  outbox: z.object({ waiting: z.int().nullable(), oldest_seconds: z.number().nullable() }),
  streams: z.array(z.object({ name: z.string(), length: z.int().nullable() })),
});

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const read = async () => {
  const answer = await api.send('GET', '/queues', { as: 'admin' });
  expect(answer.status).toBe(200);
  return Queues.parse(await answer.json());
};
const queueOf = async (name: string) => (await read()).data.find((queue) => queue.name === name);
const Parts = z.object({
  workers: z.array(z.looseObject({ pid: z.int().nullable(), queues: z.array(z.string()) })).nullable(),
  breakers: z.array(z.looseObject({ upstream: z.string(), state: z.string(), failures: z.int() })).nullable(),
  groups: z.array(z.unknown()).nullable(),
});
const readParts = async (of: TestApi) =>
  Parts.parse(await (await of.send('GET', '/ops/parts', { as: 'admin' })).json());
const bull = (name: string) => {
  const queue = api.ctx.jobs.queues.get(name);
  if (!queue) throw new Error(name);
  return queue;
};

test('what was put there for later waits from when it is due', async () => {
  const hourMs = 3_600_000;
  const given = { delay: hourMs, timestamp: Date.now() - hourMs };
  const job = await bull(mails.name).add('mail-alert', {}, given);
  await job.promote();
  expect(await queueOf(mails.name)).toMatchObject({ waiting: 1, oldest_waiting_seconds: expect.any(Number) });
  expect(Number((await queueOf(mails.name))?.['oldest_waiting_seconds'])).toBeLessThan(600);
  const drain = await readDrain(api.ctx, mails.name);
  expect(drain?.oldest_seconds).toBeLessThan(600);
  await bull(mails.name).obliterate();
});

test('without workers, what is added waits; a pause, a rest and delays show as what they are', async () => {
  await bull(payments.name).add('charge-order', {});
  await bull(payments.name).add('charge-order', {});
  await bull(payments.name).pause();
  await bull(finnhub.name).add('fetch-quote', {}, { priority: 1 });
  await bull(finnhub.name).rateLimit(60_000);
  await bull(upkeep.name).add('reconcile', {}, { delay: 60_000 });
  const { data, outbox, streams } = await read();
  expect(data.map(({ name }) => name)).toEqual(queues.map(({ name }) => name));
  expect(await queueOf(payments.name)).toMatchObject({ status: 'paused', waiting: 2, workers: 0, limited_until: null });
  const limited = await queueOf(finnhub.name);
  expect(limited).toMatchObject({ status: 'limited', waiting: 1, oldest_waiting_seconds: expect.any(Number) });
  expect(Date.parse(String(limited?.['limited_until'])) - Date.now()).toBeGreaterThan(50_000);
  const nothing = { waiting: 0, oldest_waiting_seconds: null };
  expect(await queueOf(upkeep.name)).toMatchObject({ ...nothing, status: 'running', delayed: 1 });
  expect(outbox).toEqual({ waiting: 0, oldest_seconds: 0 });
  expect(streams.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'alerts',
    'catalog',
    'market',
    'orders',
  ]);
});

test('whoever waits in a queue that tenants share is named by an id, with what comes before at most', async () => {
  const ask = (tenant: string, count: number) => {
    const payload = { order_id: randomUUIDv7(), payment_id: randomUUIDv7(), tenant };
    return Array.from({ length: count }, () => ({ job: chargeOrder, id: randomUUIDv7(), payload }));
  };
  await bull(payments.name).obliterate();
  await api.ctx.jobs.enqueueAll([...ask('user:7', 30), ...ask('key:a', 3)]);
  const { tenants, largest } = Shares.parse((await queueOf(payments.name))?.['shares']);
  expect(tenants).toBe(2);
  // This process may add some ahead of them all.
  expect(largest).toEqual([
    { tenant: 'user:7', lane: null, weight: 1, waiting: 30, most_before: 29 + 31 + untold },
    { tenant: 'key:a', lane: null, weight: 1, waiting: 3, most_before: 2 + 4 + untold },
  ]);
  expect((await queueOf(upkeep.name))?.['shares']).toBeNull();
  const another = openProducer(impatientRedis(api.ctx.config));
  await another.queues.get(payments.name)?.waitUntilReady();
  // What waits there already comes first as well.
  await bull(payments.name).add('charge-order', {});
  const { largest: now } = Shares.parse((await queueOf(payments.name))?.['shares']);
  expect(now.map(({ most_before: most }) => most)).toEqual([29 + 31 + 1 + 2 * untold, 2 + 4 + 1 + 2 * untold]);
  await another.close();
});

test('whoever waits in a lane is told of what comes before in the lanes ahead, too', async () => {
  const ask = (symbol: string, lane: Lane, tenant: string) =>
    api.ctx.jobs.enqueue(fetchQuote, { symbol }, { lane, tenant });
  await bull(finnhub.name).obliterate();
  for (let index = 0; index < 200; index += 1) await ask(`M${index}`, 'logged_in', 'user:1');
  await ask('ONE', 'anonymous_cold', 'address:x');
  const { largest } = Shares.parse((await queueOf(finnhub.name))?.['shares']);
  // Its turn comes after twenty, that of three other lanes with it; ten are under way by then.
  const stranger = { tenant: 'address:x', lane: 'anonymous_cold', weight: 1, waiting: 1, most_before: 20 + 3 + 10 };
  // Of every twenty the lanes behind have four.
  const many = { tenant: 'user:1', lane: 'logged_in', weight: 1, waiting: 200, most_before: 199 + 54 + 10 };
  expect(largest).toEqual([many, stranger]);
});

const twentyMinutesMs = 1_200_000;
/** What operators are told of a queue, and what scalers and alarms are. */
async function oldestOf(name: string): Promise<number> {
  const told = Number((await queueOf(name))?.['oldest_waiting_seconds']);
  return Math.min(told, (await readDrain(api.ctx, name))?.oldest_seconds ?? 0);
}

test('of several lanes, the job that waits longest tells for how long, whichever comes first', async () => {
  const queue = bull(finnhub.name);
  for (const name of [finnhub.name, upkeep.name]) {
    await bull(name).obliterate({ force: true });
    await bull(name).add('fetch-quote', {}, { priority: 3, timestamp: Date.now() - twentyMinutesMs });
    await bull(name).add('fetch-quote', {}, { priority: 1 });
    await bull(name).add('fetch-quote', {});
    expect(await oldestOf(name)).toBeGreaterThanOrEqual(1_200);
  }
  await queue.obliterate({ force: true });
  // Nor does whoever comes into a lane between the turns of another tenant make that one's wait any shorter.
  const wish = (symbol: string, tenant: string) =>
    api.ctx.jobs.enqueue(fetchQuote, { symbol }, { lane: 'anonymous_cold', tenant });
  const [served, waiting] = [await wish('A', 'user:7'), await wish('B', 'user:7')];
  await wish('C', 'key:a');
  await api.ctx.redis.hset(queue.toKey(waiting), 'timestamp', Date.now() - twentyMinutesMs);
  await queue.remove(served);
  expect(await oldestOf(finnhub.name)).toBeGreaterThanOrEqual(1_200);
});

test('of a long backlog whose turn it is not, the first job tells for how long it waits', async () => {
  await bull(payments.name).obliterate({ force: true });
  const ask = async (tenant: string, count: number) => {
    const payload = { order_id: randomUUIDv7(), payment_id: randomUUIDv7(), tenant };
    const asked = Array.from({ length: count }, () => ({ job: chargeOrder, id: randomUUIDv7(), payload }));
    await api.ctx.jobs.enqueueAll(asked);
    return asked.map(({ id }) => id);
  };
  const [served = '', ...waiting] = await ask('user:7', 40);
  await ask('key:a', 3);
  for (const id of waiting)
    await api.ctx.redis.hset(bull(payments.name).toKey(id), 'timestamp', Date.now() - twentyMinutesMs);
  await bull(payments.name).remove(served);
  expect(await oldestOf(payments.name)).toBeGreaterThanOrEqual(1_200);
});

test('it is for operators and administrators', async () => {
  expect((await api.send('GET', '/queues')).status).toBe(401);
  expect((await api.send('GET', '/queues', { as: 'demo' })).status).toBe(403);
});

test('workers, outcomes, breakers and groups are told; while Redis is frozen figures are null, not old', async () => {
  const redis = await startRedis();
  const own = await openTestApi(redis.env);
  const worker = runQueue(payments, payments.concurrency, patientRedis(own.ctx.config), own.ctx);
  const look = async () => Queues.parse(await (await own.send('GET', '/queues', { as: 'admin' })).json());
  try {
    expect((await own.send('POST', '/orders', { as: 'demo', body: { products: [1] } })).status).toBe(201);
    const paid = await until('a finished charge', async () => {
      const queue = (await look()).data.find(({ name }) => name === payments.name);
      return queue?.['completed'] === 1 && queue.status === 'running' ? queue : undefined;
    });
    expect(paid).toMatchObject({ status: 'running', workers: 1, failed: 0, waiting: 0, active: 0 });

    const { redis: connection, jobs } = own.ctx;
    const provider = openOutage(connection, 'finnhub');
    await connection.xgroup('CREATE', 'orders', 'shipping', '0');
    for (let count = 0; count < 5; count += 1) await provider.missed();
    await jobs.queues.get(finnhub.name)?.rateLimit(60_000);
    await jobs.queues.get(upkeep.name)?.rateLimit(60_000);
    const parts = await readParts(own);
    const [first] = parts.workers ?? [];
    expect([parts.workers?.length, first?.pid, first?.queues, first?.['version']]).toEqual([
      1,
      process.pid,
      [payments.name],
      version,
    ]);
    expect(parts.breakers?.map(({ upstream, state, failures }) => [upstream, state, failures])).toEqual([
      ['finnhub', 'open', 5],
      ...own.ctx.payments.gateways.all.map(({ name }) => [name, 'closed', 0]),
    ]);
    const lag = await connection.xlen('orders');
    expect(parts.groups).toEqual([{ stream: 'orders', name: 'shipping', consumers: 0, pending: 0, lag }]);
    const reasons = (await look()).data.map(({ name, limited_because }) => [name, limited_because]);
    expect(reasons).toContainEqual([finnhub.name, 'what it calls does not answer']);
    expect(reasons).toContainEqual([upkeep.name, 'as many calls as may be made have been made']);
    expect(reasons).toContainEqual([payments.name, null]);
    // Each job tells the same, by itself and in a list.
    const Job = z.object({ waiting_because: z.string().transform((why) => why.replace(/\d+ ms/, 'a while')) });
    for (const [queue, kind, because] of [
      [finnhub, 'fetch-quote', 'what it calls does not answer'] as const,
      [upkeep, 'prune-tokens', 'as many calls as may be made have been made'] as const,
    ]) {
      const id = randomUUIDv7();
      await jobs.queues.get(queue.name)?.add(kind, {}, { jobId: id });
      const told = { waiting_because: `the queue ${queue.name} rests for a while: ${because}` };
      expect(Job.parse(await (await own.send('GET', `/jobs/${id}`, { as: 'admin' })).json())).toEqual(told);
      const list = await (await own.send('GET', `/jobs?kind=${kind}&state=waiting`, { as: 'admin' })).json();
      expect(z.object({ data: z.array(Job) }).parse(list).data).toContainEqual(told);
    }
    await provider.limited(60_000);
    expect((await readParts(own)).breakers?.[0]).toMatchObject({ state: 'resting', until: expect.any(String) });
    await redis.process().signal('SIGSTOP');
    const frozen = await look();
    expect(frozen.data.map(({ status, workers }) => [status, workers])).toEqual(queues.map(() => ['unknown', null]));
    expect(frozen.streams.map(({ length }) => length)).toEqual([null, null, null, null]);
    expect(await readParts(own)).toEqual({ workers: null, breakers: null, groups: null });
    // MySQL tells this one, and upkeep may have something in it at any time.
    expect(frozen.outbox.waiting).toEqual(expect.any(Number));
  } finally {
    await redis.process().signal('SIGCONT');
    await worker.close();
    await own.close();
    await redis.stop();
  }
});
