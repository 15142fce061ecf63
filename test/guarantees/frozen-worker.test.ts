import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatewayCall } from '../../src/entities/gateway-call.entity.ts';
import { OrderHistory } from '../../src/entities/order-history.entity.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { readStream } from '../stream-entries.ts';
import { placeOrder, statusOf } from './shopping.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.stop());

test('a worker frozen past its lock and thawed runs its job a second time to the end, and the order is charged once', async () => {
  const [frozen] = platform.workers;
  await platform.sandbox.hold({ target: 'stripe', phase: 'after', path: '/v1/payment_intents' });
  const id = await placeOrder(platform);
  await until('the charge is held', 5_000, async () => ((await platform.sandbox.held()) > 0 ? true : undefined));
  await frozen?.signal('SIGSTOP');
  await platform.sandbox.release();
  await platform.startWorker();
  await until('paid', 15_000, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  await frozen?.signal('SIGCONT');

  // Void unless both have run to the end: two conversations, each heard.
  const em = platform.orm.em.fork();
  const calls = await until('the thawed worker has heard too', 10_000, async () => {
    const rows = await em.find(GatewayCall, { order: id }, { disableIdentityMap: true });
    return rows.length >= 2 && rows.every(({ endedAt }) => endedAt) ? rows : undefined;
  });
  expect(calls.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    'charge succeeded',
    'charge succeeded',
  ]);
  expect((await platform.sandbox.ledger()).filter(({ order_id }) => order_id === id)).toHaveLength(1);
  expect(await em.count(OrderHistory, { order: id, toStatus: 'paid' })).toBe(1);
  const events = (await readStream(platform.redis, 'orders')).filter(({ subject }) => subject === id);
  expect(events.map(({ type }) => type)).toEqual(['order.created', 'order.paid']);
}, 60_000);
