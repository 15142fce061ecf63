import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { Payment } from '../../src/entities/payments.entity.ts';
import { carried } from '../../src/jobs/define-job.ts';
import { mostBefore, ownTenant, tenantOfUser, unplaced } from '../../src/jobs/shares.ts';
import { insertRows } from '../../src/mysql/rows.ts';
import { orderJobs } from '../../src/orders/jobs.ts';
import { newPayment } from '../../src/orders/mint-payment.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { storeOrders } from '../support/stores/placed-orders.ts';

const jobsOfOne = Number(process.env['FAIR_JOBS'] ?? 100_000);
const heavy = tenantOfUser(1);
const others = 50;
const jobsOfEach = 10;
const processes = { apis: 2, workers: 2 };
const perStatement = 1_000;

let platform: Platform;
beforeAll(async () => {
  const env = { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0', PAYMENT_GATEWAY: 'instant' };
  platform = await startPlatform({ ...processes, ownRedis: true, env });
});
afterAll(() => platform.stop());

const queue = 'bull:payments';
const Key = z.object({ id: z.string(), key: z.string() });

/** Stores orders of the demo customer whose jobs are still to be sent, as they stand there when Redis comes back after a long while. */
async function storeUnsent(count: number): Promise<void> {
  const em = platform.orm.em.fork();
  const at = new Date();
  const later = new Date(at.getTime() + 3_600_000);
  for (let left = count; left > 0; left -= perStatement) {
    const placed = Array.from({ length: Math.min(left, perStatement) }, () => ({
      user: 1,
      at,
      status: 'pending' as const,
    }));
    const payments = (await storeOrders(em, placed)).map((id) => {
      const order = { id, user: 1, totalMinor: 100, currency: 'USD' };
      const means = { method: 'instant', gateway: 'instant' };
      return { ...newPayment({ order, means, at }), jobId: randomUUIDv7(), reviewAt: later };
    });
    await insertRows(em, Payment, payments);
    const messages = payments.map(({ jobId: id, order: order_id, id: payment_id, gateway }) => {
      const body = JSON.stringify(carried(orderJobs.charge, { order_id, payment_id, gateway }, heavy));
      return { id, name: orderJobs.charge.kind, body, createdAt: at, leaseUntil: at };
    });
    await insertRows(em, OutboxMessage, messages);
  }
}

async function openKey(name: string) {
  const answer = await platform.send('POST', '/auth/keys', { name, scopes: ['orders:write'] });
  expect(answer.status).toBe(201);
  return Key.parse(await answer.json());
}

async function orderByKey(key: string, turn: number): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ products: [1, 2], total_amount: 100 });
  const answer = await fetch(`${platform.urls[turn % processes.apis]}/orders`, { method: 'POST', headers, body });
  expect(answer.status, await answer.text()).toBe(201);
}

/** The tenant of each job, in the order in which workers have begun them, until so many of the others' have begun. */
async function beginnings(after: string, wanted: number): Promise<string[]> {
  const begun: string[] = [];
  let last = after;
  await until('all of the others have begun', async () => {
    for (const [id, fields] of await platform.redis.xrange(`${queue}:events`, `(${last}`, '+')) {
      last = id;
      if (fields[fields.indexOf('event') + 1] !== 'active') continue;
      const data = await platform.redis.hget(`${queue}:${fields[fields.indexOf('jobId') + 1]}`, 'data');
      begun.push(/"tenant":"([^"]+)"\}$/.exec(data ?? '')?.[1] ?? ownTenant);
    }
    return begun.filter((tenant) => tenant !== heavy).length >= wanted ? true : undefined;
  });
  return begun;
}

test(`of fifty tenants with ten jobs beside one with ${jobsOfOne}, none waits for more jobs than its share says`, async () => {
  expect((await platform.send('POST', '/payments/stop', {}, 'admin')).status).toBe(200);
  await storeUnsent(jobsOfOne);
  const keys: z.output<typeof Key>[] = [];
  // The first of them logs in for all.
  for (let index = 0; index < others; index += 1) keys.push(await openKey(`shop ${index}`));
  for (const { key } of keys) await Promise.all(Array.from({ length: jobsOfEach }, (_, turn) => orderByKey(key, turn)));
  const all = jobsOfOne + others * jobsOfEach;
  await until('every job waits in its place', async () => {
    const [told, placed, without] = await Promise.all([
      platform.redis.llen(`${queue}:wait`),
      platform.redis.zcard(`${queue}:prioritized`),
      platform.redis.zcount(`${queue}:prioritized`, unplaced * 2 ** 32, '+inf'),
    ]);
    return told + placed === all && without === 0 ? true : undefined;
  });
  const [[last] = ['0-0']] = await platform.redis.xrevrange(`${queue}:events`, '+', '-', 'COUNT', 1);
  expect((await platform.send('POST', '/payments/start', {}, 'admin')).status).toBe(200);
  const begun = await beginnings(last, others * jobsOfEach);

  const opened = processes.apis + processes.workers;
  const weights = Array.from({ length: others }, () => 1);
  const longest = Array.from({ length: jobsOfEach }, () => 0);
  for (const { id } of keys) {
    const before = begun.flatMap((tenant, index) => (tenant === `key:${id}` ? [index] : []));
    expect(before).toHaveLength(jobsOfEach);
    for (const [index, count] of before.entries()) {
      longest[index] = Math.max(longest[index] ?? 0, count);
      expect(count).toBeLessThanOrEqual(mostBefore({ place: index + 1, weight: 1, others: weights }, opened));
    }
  }
  process.stdout.write(`jobs begun before a tenant's first to tenth, at most: ${longest.join(', ')}\n`);
  // And who asks for much is not starved either.
  expect(begun.filter((tenant) => tenant === heavy).length).toBeGreaterThanOrEqual(jobsOfEach - 1);
});
