import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Verification } from '../../src/entities/accounts.entity.ts';
import { Order } from '../../src/entities/orders.entity.ts';
import { OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { accounts } from '../support/api/test-api.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { patienceMs, until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { reportFault } from '../support/proof/report-fault.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
});
afterAll(() => platform.stop());

const paymentsQueue = async (action: 'start' | 'stop') =>
  expect((await platform.send('POST', `/payments/${action}`, undefined, 'admin')).status).toBe(200);
const paid = (ids: readonly string[]) => platform.orm.em.fork().count(Order, { id: { $in: [...ids] }, status: 'paid' });

// A thousand within 15 s, by themselves, in `npm run chaos`.
const pending = Number(process.env['ORDERS_PENDING'] ?? 300);
const deadlineMs = Number(process.env['REBUILT_WITHIN_MS'] ?? patienceMs);
const isProof = process.env['ORDERS_PENDING'] !== undefined;

test(`Redis emptied with ${pending} orders pending: all are paid, each charged once, and the stream is whole`, async () => {
  await paymentsQueue('stop');
  const ids: string[] = [];
  const shopper = async () => {
    while (ids.length < pending) ids.push(await placeOrder(platform));
  };
  await Promise.all(Array.from({ length: 16 }, shopper));
  expect(await paid(ids)).toBe(0);

  await platform.redis.flushall();
  await paymentsQueue('start');
  const emptiedAt = performance.now();
  await until('all paid', async () => ((await paid(ids)) === ids.length ? true : undefined), deadlineMs);
  const paidMs = Math.round(performance.now() - emptiedAt);
  process.stdout.write(`${pending} orders paid ${paidMs} ms after Redis was emptied\n`);

  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  if (isProof)
    reportFault({
      fault: 'F10',
      title: `Redis is emptied with ${pending} orders waiting`,
      times: 1,
      orders: ids.length,
      lost: ids.length - new Set(charged).size,
      doubled: charged.length - new Set(charged).size,
      slowestRecoverySeconds: Math.round(paidMs / 100) / 10,
      seed: 'no chance',
      how: 'test/guarantees/redis-emptied.test.ts',
    });
  expect(charged.toSorted()).toEqual(ids.toSorted());
  const announced = await until('all announced', async () => {
    const events = await readStream(platform.redis, 'orders');
    return events.length >= ids.length * 2 ? events : undefined;
  });
  const bySubject = Map.groupBy(announced, ({ subject }) => subject);
  expect([...bySubject.keys()].toSorted()).toEqual(ids.toSorted());
  for (const events of bySubject.values())
    expect(events.map(({ version, type }) => `${version} ${type}`)).toEqual(['1 order.created', '2 order.paid']);
});

test('a stop of the payments, and one of any queue on the board, outlives an emptied Redis and new workers', async () => {
  await paymentsQueue('stop');
  const onBoard = (verb: 'pause' | 'resume') =>
    platform.send('PUT', `/admin/queues/api/queues/catalog/${verb}`, undefined, 'admin');
  expect((await onBoard('pause')).status).toBe(200);
  await platform.redis.flushall();
  await Promise.all(platform.workers.splice(0).map((worker) => worker.signal('SIGKILL')));
  const id = await placeOrder(platform);
  await platform.startWorker();
  const before = (await platform.sandbox.ledger()).length;
  await until('both queues are paused again', async () => {
    const paused = ['payments', 'catalog'].map((name) => platform.redis.hexists(`bull:${name}:meta`, 'paused'));
    return (await Promise.all(paused)).every((is) => is === 1) ? true : undefined;
  });
  const Shown = z.object({ status: z.literal('paused'), waiting: z.int(), active: z.int() });
  await until('the charge waits', async () => {
    const shown = Shown.parse(await (await platform.send('GET', '/payments/start')).json());
    return shown.waiting === 1 && shown.active === 0 ? true : undefined;
  });
  expect((await platform.sandbox.ledger()).length).toBe(before);
  expect(await statusOf(platform, id)).toBe('pending');
  await paymentsQueue('start');
  expect((await onBoard('resume')).status).toBe(200);
  await until('paid', async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
});

test('a mail that waits for the mail server comes although Redis is emptied meanwhile', async () => {
  await platform.sandbox.kill();
  expect((await platform.send('POST', '/auth/reset', { email: accounts.demo.email })).status).toBe(202);
  const delayed = () => platform.redis.zcard('bull:mails:delayed');
  await until('the mail waits for its next attempt', async () => ((await delayed()) > 0 ? true : undefined));
  const em = platform.orm.em.fork();
  await until('the outbox is empty', async () => ((await em.count(OutboxMessage)) === 0 ? true : undefined));
  await platform.redis.flushall();
  await platform.sandbox.restart();
  const mail = await until('the mail is there', async () =>
    (await platform.sandbox.mails()).find(({ to }) => to.includes(accounts.demo.email)),
  );
  expect(mail.text).toContain('#reset=');
  await until('it is noted', async () => ((await em.count(Verification, { sentAt: null })) === 0 ? true : undefined));
});
