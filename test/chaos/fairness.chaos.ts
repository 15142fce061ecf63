import { randomUUIDv7 } from 'node:crypto';
import { relative } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { Payment } from '../../src/entities/payments.entity.ts';
import { jobData } from '../../src/jobs/define-job.ts';
import { tagOf } from '../../src/jobs/shards/choice.ts';
import { mostBefore, ownTenant, tenantOfUser, unplaced } from '../../src/jobs/shares.ts';
import { insertRows } from '../../src/mysql/rows.ts';
import { orderJobs } from '../../src/orders/jobs.ts';
import { newPayment } from '../../src/orders/mint-payment.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { reportFault } from '../support/proof/report-fault.ts';
import { storeOrders } from '../support/stores/placed-orders.ts';

const jobs = Number(process.env['FAIR_JOBS'] ?? 100_000);
const heavy = tenantOfUser(1);
const others = 50;
const jobsOfEach = 10;
const processes = { apis: 2, workers: 2 };
const perStatement = 1_000;

let platform: Platform;
afterEach(() => platform.stop());

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
      const body = JSON.stringify(jobData(orderJobs.charge, { order_id, payment_id, gateway }, heavy));
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

/** What Redis has of each of the shards. */
const shardsOf = (count: number) => Array.from({ length: count }, (_, shard) => `bull${tagOf(shard)}:payments`);

/** Resolves when every job waits in its place, as the keys of a shard say. */
async function untilPlaced(shards: readonly string[], all: number): Promise<void> {
  const { redis } = platform;
  await until('every job waits in its place', async () => {
    const waiting = await Promise.all(
      shards.map(async (shard) => (await redis.llen(`${shard}:wait`)) + (await redis.zcard(`${shard}:prioritized`))),
    );
    const without = await Promise.all(
      shards.map((shard) => redis.zcount(`${shard}:prioritized`, unplaced * 2 ** 32, '+inf')),
    );
    return [...waiting, -all, ...without].reduce((sum, count) => sum + count) === 0 ? true : undefined;
  });
}

/** The last event of a shard so far, and the tenant of each job that has begun there since, in their order. */
async function openBeginnings(shard: string) {
  let [[last] = ['0-0']] = await platform.redis.xrevrange(`${shard}:events`, '+', '-', 'COUNT', 1);
  const begun: string[] = [];
  const read = async () => {
    for (const [id, fields] of await platform.redis.xrange(`${shard}:events`, `(${last}`, '+')) {
      last = id;
      if (fields[fields.indexOf('event') + 1] !== 'active') continue;
      const data = await platform.redis.hget(`${shard}:${fields[fields.indexOf('jobId') + 1]}`, 'data');
      begun.push(/"tenant":"([^"]+)"\}$/.exec(data ?? '')?.[1] ?? ownTenant);
    }
  };
  return { begun, read };
}

const crowds = [
  { shards: 1, jobsOfOne: jobs },
  { shards: 3, jobsOfOne: Math.round(jobs / 4) },
];
let served = 0;
afterAll(() => {
  // One of them says nothing of both.
  if (served < crowds.length) return;
  const title = `${others} tenants with ${jobsOfEach} jobs each wait beside one with ${jobs}, or ${crowds[1]?.jobsOfOne} over three shards`;
  const how = relative(process.cwd(), import.meta.filename);
  reportFault({ fault: 'S8', title, times: served, orders: served * others * jobsOfEach, seed: 'no chance', how });
});

test.each(crowds)(
  'of fifty tenants with ten jobs beside one with $jobsOfOne none waits for more than its share says: $shards shards',
  async ({ shards: count, jobsOfOne }) => {
    const limits = { RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' };
    const env = { ...limits, WATCHLIST: '', PAYMENT_GATEWAY: 'instant', PAYMENTS_SHARDS: String(count) };
    platform = await startPlatform({ ...processes, ownRedis: true, env });
    expect((await platform.send('POST', '/payments/stop', {}, 'admin')).status).toBe(200);
    await storeUnsent(jobsOfOne);
    const keys: z.output<typeof Key>[] = [];
    // The first of them logs in for all.
    for (let index = 0; index < others; index += 1) keys.push(await openKey(`shop ${index}`));
    for (const { key } of keys)
      await Promise.all(Array.from({ length: jobsOfEach }, (_, turn) => orderByKey(key, turn)));
    const shards = shardsOf(count);
    await untilPlaced(shards, jobsOfOne + others * jobsOfEach);
    const beginnings = await Promise.all(shards.map(openBeginnings));
    expect((await platform.send('POST', '/payments/start', {}, 'admin')).status).toBe(200);
    const ofOthers = () => beginnings.flatMap(({ begun }) => begun).filter((tenant) => tenant !== heavy);
    await until('all of the others have begun', async () => {
      await Promise.all(beginnings.map(({ read }) => read()));
      return ofOthers().length >= others * jobsOfEach ? true : undefined;
    });

    const weights = Array.from({ length: others }, () => 1);
    const longest = Array.from({ length: jobsOfEach }, () => 0);
    for (const { begun } of beginnings) {
      // Each shard has places of its own, and the bound holds for the jobs in it.
      for (const { id } of keys)
        for (const [index, before] of begun.flatMap((tenant, at) => (tenant === `key:${id}` ? [at] : [])).entries()) {
          longest[index] = Math.max(longest[index] ?? 0, before);
          const given = { place: index + 1, weight: 1, others: weights };
          expect(before).toBeLessThanOrEqual(mostBefore(given, processes.apis + processes.workers));
        }
      // And who asks for much is not starved either.
      expect(begun.filter((tenant) => tenant === heavy).length).toBeGreaterThanOrEqual(jobsOfEach / count - 1);
    }
    expect(new Set(ofOthers()).size).toBe(others);
    process.stdout.write(`jobs begun before a tenant's first to tenth, at most: ${longest.join(', ')}\n`);
    served += 1;
  },
);
