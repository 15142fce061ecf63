import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { WebhookEndpoint } from '../../src/entities/webhooks.entity.ts';
import { openEventClient } from '../support/api/event-client.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
});
afterAll(() => platform.stop());

/** The samples of a process: name and labels, with spaces away, and the value. */
const scrape = async (process: 'api' | 'worker') => {
  const answer = await fetch(`${platform.healths[process === 'api' ? 0 : 1]}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  const samples = new Map<string, number>();
  for (const line of text.split('\n').filter((some) => some !== '' && !some.startsWith('#'))) {
    const at = line.lastIndexOf(' ');
    samples.set(line.slice(0, at).replaceAll(', ', ','), Number(line.slice(at + 1)));
  }
  return { text, samples };
};
const tries = (kind: string, outcome: string) =>
  `orderflow_job_tries_total{queue="payments",kind="${kind}",outcome="${outcome}"}`;

test('what has never happened stands there as none, so that its first time is seen as growth', async () => {
  const { samples } = await scrape('worker');
  for (const outcome of ['done', 'retried', 'failed'])
    for (const kind of ['charge-order', 'refund-payment']) expect(samples.get(tries(kind, outcome)), kind).toBe(0);
});

test('figures are those of their sources: jobs by outcome, streams, followers, the outbox, the pool', async () => {
  const order = { products: [1, 2] };
  expect((await platform.send('POST', '/orders', order)).status).toBe(201);
  expect((await platform.send('POST', '/orders', { ...order, payment_method: 'pm_card_chargeDeclined' })).status).toBe(
    201,
  );
  const counted = await until('two charges counted', async () => {
    const { samples } = await scrape('worker');
    return samples.get(tries('charge-order', 'done')) === 2 ? samples : undefined;
  });
  expect(counted.get('orderflow_job_seconds_count{queue="payments",kind="charge-order"}')).toBe(2);
  // Both orders created, one paid, one declined.
  await until('four events', async () => ((await platform.redis.xlen('orders')) === 4 ? true : undefined));
  const client = openEventClient(`${platform.url}/streams/market`);
  await client.connect();
  const { samples } = await scrape('api');
  expect(samples.get('orderflow_stream_length{stream="orders"}')).toBe(4);
  expect(samples.get('orderflow_stream_followers')).toBe(1);
  expect(samples.get('orderflow_stream_lag_seconds{stream="market"}')).toBe(0);
  expect(samples.has('orderflow_stream_lag_seconds{stream="orders"}')).toBe(false);
  await client.disconnect();
  await until('the follower has gone', async () =>
    (await scrape('api')).samples.get('orderflow_stream_followers') === 0 ? true : undefined,
  );
  await until('an empty outbox', async () =>
    (await scrape('api')).samples.get('orderflow_outbox_rows') === 0 ? true : undefined,
  );
  expect(samples.get('orderflow_up{part="mysql"}')).toBe(1);
  expect(samples.get('orderflow_mysql_pool{state="waiting"}')).toBe(0);
  expect(samples.get('bullmq_job_completed_total{queue="payments"}')).toBe(2);
  expect(samples.get('bullmq_job_count{queue="payments",state="completed"}')).toBe(2);
});

const History = z.object({ total: z.looseObject({ done: z.int(), failed: z.int(), p50: z.number().nullable() }) });

test('what a worker has done stands in the history of its queue, soon after', async () => {
  const total = await until('the history', async () => {
    const answer = await platform.send('GET', '/queues/payments/history', undefined, 'admin');
    const told = History.parse(await answer.json()).total;
    return told.done + told.failed >= 2 ? told : undefined;
  });
  expect(total).toMatchObject({ done: 2, failed: 0 });
  expect(total.p50).toBeGreaterThan(0);
});

test('webhooks are counted by how they are', async () => {
  const row = { userId: 1, scope: 'own' as const, url: 'https://shop.example.com/hook', types: '[]', symbols: '[]' };
  const standings = [{}, {}, { failures: 3 }, { status: 'paused' as const, failures: 1 }, { deletedAt: new Date() }];
  for (const standing of standings)
    await platform.orm.em.fork().insert(WebhookEndpoint, {
      ...row,
      ...standing,
      id: randomUUIDv7(),
      secret: 'whsec_YQ==',
      createdAt: new Date(),
    });
  const { samples } = await scrape('worker');
  const counted = ['well', 'failing', 'paused'].map((state) => samples.get(`orderflow_webhooks{state="${state}"}`));
  expect(counted).toEqual([2, 1, 1]);
});

test('queues, batches, gateways and the budget are told of as well', async () => {
  const [api, worker] = [(await scrape('api')).samples, (await scrape('worker')).samples];
  for (const samples of [api, worker]) {
    expect(samples.get('orderflow_queue_workers{queue="payments"}')).toBe(1);
    expect(samples.get('orderflow_queue_jobs{queue="payments"}')).toBe(0);
    expect(samples.get('orderflow_queue_age_seconds{queue="payments"}')).toBe(0);
    expect(samples.get('orderflow_queue_resting{queue="payments",why="paused"}')).toBe(0);
    expect(samples.get('orderflow_budget_calls{window="minute",what="limit"}')).toBe(60);
    expect(samples.get('orderflow_budget_rest_seconds')).toBeGreaterThanOrEqual(0);
  }
  const sum = (samples: ReadonlyMap<string, number>, name: string) =>
    [...samples].filter(([key]) => key.startsWith(name)).reduce((total, [, value]) => total + value, 0);
  // However they came together, and however often a charge was looked at: two orders, two charges.
  expect(sum(api, 'orderflow_batch_members_sum{batch="accept_order"}')).toBe(2);
  expect(sum(worker, 'orderflow_batch_members_sum{batch="settle_payment"}')).toBe(2);
  const charges = 'orderflow_gateway_seconds_count{gateway="stripe",call="charge"';
  expect(worker.get(`${charges},outcome="succeeded"}`)).toBe(1);
  expect(worker.get(`${charges},outcome="failed"}`)).toBe(1);
});

test('docs/telemetry.md names every metric of ours and of BullMQ that a process serves, and no other', async () => {
  const served = new Set<string>();
  for (const process of ['api', 'worker'] as const)
    for (const [, name = ''] of (await scrape(process)).text.matchAll(/^# TYPE ((?:orderflow|bullmq)_\w+)/gm))
      served.add(name);
  const page = readFileSync('docs/telemetry.md', 'utf8');
  const named = Array.from(page.matchAll(/^\| `(\w+)` \|/gm), ([, name]) => name);
  expect(new Set(named)).toEqual(served);
  for (const [, name = ''] of page.matchAll(/`((?:nodejs|orderflow|bullmq)_[a-z0-9_]+)/g))
    expect((await scrape('worker')).text).toContain(`# TYPE ${name} `);
});

test('every family stands in one place and is described once, as Prometheus wants it', async () => {
  const { text } = await scrape('worker');
  const families = Array.from(text.matchAll(/^# TYPE (\w+)/gm), ([, name]) => name);
  expect(new Set(families).size).toBe(families.length);
  const order = text.split('\n').flatMap((line) => /^(?:# TYPE )?(bullmq_\w+)/.exec(line)?.[1] ?? []);
  expect(order.filter((name, index) => name !== order[index - 1])).toHaveLength(new Set(order).size);
});

const Figures = z.object({
  queue: z.string(),
  state: z.string(),
  jobs: z.number(),
  waiting: z.number(),
  prioritised: z.number(),
  due: z.number(),
  active: z.number(),
  seconds_to_drain: z.number(),
});
const autoscale = async (queue: string) => {
  const answer = await fetch(`${platform.healths[0]}/autoscale/${queue}`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  return Figures.parse(await answer.json());
};

test('an autoscaler is told what workers could do now, and nothing while more of them would do no more', async () => {
  expect(await autoscale('payments')).toMatchObject({ state: 'running', jobs: 0, seconds_to_drain: 0 });
  expect((await fetch(`${platform.healths[0]}/autoscale/no-such-queue`)).status).toBe(404);
  // Jobs that wait in each of the ways there are, and nobody to work them.
  await Promise.all(platform.workers.map((worker) => worker.signal('SIGSTOP')));
  const connection = platform.redis.duplicate();
  const queue = new Queue('catalog', { connection });
  await queue.addBulk([
    { name: 'some', data: {} },
    { name: 'some', data: {}, opts: { priority: 3 } },
    { name: 'some', data: {}, opts: { delay: 1 } },
    { name: 'some', data: {}, opts: { delay: 3_600_000 } },
  ]);
  const isDue = async () => (await autoscale('catalog')).due === 1 || undefined;
  await until('one is due', isDue);
  const figures = await autoscale('catalog');
  expect(figures).toMatchObject({ state: 'running', prioritised: 1, due: 1 });
  const { waiting, prioritised, due, active } = figures;
  expect(figures.jobs).toBe(waiting + prioritised + due + active);
  expect(figures.seconds_to_drain).toBeGreaterThan(0);
  await queue.rateLimit(60_000);
  expect(await autoscale('catalog')).toMatchObject({ state: 'limited', jobs: 0, seconds_to_drain: 0, due: 1 });
  await queue.pause();
  expect(await autoscale('catalog')).toMatchObject({ state: 'paused', jobs: 0, seconds_to_drain: 0, due: 1 });
  await queue.obliterate({ force: true });
  await queue.close();
  connection.disconnect();
  await Promise.all(platform.workers.map((worker) => worker.signal('SIGCONT')));
});

test('with a frozen Redis a scrape still answers, says so, and leaves out what it could not read', async () => {
  await platform.redisServer?.process().signal('SIGSTOP');
  const { samples } = await scrape('api');
  expect(samples.get('orderflow_up{part="redis"}')).toBe(0);
  expect(samples.get('orderflow_up{part="mysql"}')).toBe(1);
  expect([...samples.keys()].filter((name) => /stream_length|bullmq/.test(name))).toEqual([]);
  await platform.redisServer?.process().signal('SIGCONT');
  await until('Redis is back', async () =>
    (await scrape('api')).samples.get('orderflow_up{part="redis"}') === 1 ? true : undefined,
  );
});
