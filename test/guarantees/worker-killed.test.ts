import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { placeOrder, statusOf } from './shopping.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ workers: 2 });
});
afterAll(() => platform.stop());

test('a worker killed while the gateway has charged but not answered: paid within 15 s, one charge', async () => {
  await platform.sandbox.hold({ target: 'stripe', phase: 'after', path: '/v1/payment_intents' });
  const id = await placeOrder(platform);
  await until('the charge is held', 5_000, async () => ((await platform.sandbox.held()) > 0 ? true : undefined));
  // Whichever worker holds it is among these; a third one takes over.
  await Promise.all(platform.workers.splice(0).map((worker) => worker.signal('SIGKILL')));
  await platform.sandbox.release();
  await platform.startWorker();

  await until('paid', 15_000, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  const charges = (await platform.sandbox.ledger()).filter(({ order_id }) => order_id === id);
  expect(charges).toHaveLength(1);
  const calls = await platform.sandbox.arrivals('stripe');
  expect(new Set(calls.map(({ idempotency_key }) => idempotency_key)).size).toBe(1);
  // Void unless the gateway was really asked twice.
  expect(calls.length).toBeGreaterThanOrEqual(2);
});
