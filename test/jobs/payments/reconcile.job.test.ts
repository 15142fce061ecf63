import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { payments as queue } from '../../../src/jobs/queues.ts';
import { reconcile } from '../../../src/jobs/payments/reconcile.job.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { sendAll } from '../../support/stores/send-all.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.ctx.orm.em.fork().nativeUpdate(Payment, {}, { reviewAt: null });
  await shop.ctx.redis.flushdb();
});

const later = (seconds: number) => ({ ...shop.ctx, now: () => new Date(Date.now() + seconds * 1_000) });
const review = (seconds: number, payload = {}) => performJob(reconcile, payload, later(seconds));
const inQueue = async (ids: readonly string[]) => {
  await sendAll(shop.ctx);
  return shop.ctx.jobs.findLive(queue.name, ids);
};
const jobOf = async (order: string) => (await shop.payments(order))[0]?.jobId ?? '';

test('a payment whose job is gone gets a new one, which charges with the old key', async () => {
  const { id } = await shop.place();
  const lost = await jobOf(id);
  expect(await inQueue([lost])).toEqual([lost]);
  await shop.ctx.redis.flushdb();

  expect(await review(0)).toEqual({ reviewed: 0, revived: 0 });
  expect(await review(16)).toEqual({ reviewed: 1, revived: 1 });
  const found = await jobOf(id);
  expect(found).not.toBe(lost);
  expect(await inQueue([found])).toEqual([found]);
  expect(await review(16)).toEqual({ reviewed: 0, revived: 0 });

  const calls: string[] = [];
  await shop.charge(id, takingGateway(calls));
  expect(calls).toEqual([(await shop.payments(id))[0]?.gatewayKey]);
  expect(await review(3_600)).toEqual({ reviewed: 0, revived: 0 });
});

test('a payment whose job waits, or has not left MySQL, keeps it', async () => {
  const { id } = await shop.place();
  const job = await jobOf(id);
  expect(await inQueue([job])).toEqual([job]);
  expect(await review(16)).toEqual({ reviewed: 1, revived: 0 });
  await shop.ctx.redis.flushdb();
  const row = { name: 'charge-order', body: '{}' };
  const at = new Date();
  await shop.ctx.orm.em.fork().insert(OutboxMessage, { ...row, id: job, createdAt: at, leaseUntil: at });
  expect(await review(60)).toEqual({ reviewed: 1, revived: 0 });
  expect(await jobOf(id)).toBe(job);
  await shop.ctx.orm.em.fork().nativeDelete(OutboxMessage, { id: job });
});

test('when Redis is lost everything that is not over is due at once', async () => {
  const orders = [await shop.place(), await shop.place(), await shop.place({ products: [1] })];
  await shop.charge(orders[0]?.id ?? '', takingGateway());
  await sendAll(shop.ctx);
  await shop.ctx.redis.flushdb();
  expect(await review(0, { is_everything_due: true })).toEqual({ reviewed: 1, revived: 1 });
});

test('two reviews at once, as after the loss of Redis, give each payment one job', async () => {
  const orders = await Promise.all(Array.from({ length: 5 }, () => shop.place()));
  await sendAll(shop.ctx);
  await shop.ctx.redis.flushdb();
  const reviews = await Promise.all([review(16), review(16), review(16)]);
  expect(reviews.reduce((sum, { revived }) => sum + revived, 0)).toBe(5);
  expect(await inQueue(await Promise.all(orders.map(({ id }) => jobOf(id))))).toHaveLength(5);
  expect(await shop.ctx.jobs.queues.get(queue.name)?.getJobCountByTypes('waiting')).toBe(5);
});
