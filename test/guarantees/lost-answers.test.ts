import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../src/entities/order.entity.ts';
import { Payment } from '../../src/entities/payment.entity.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { placeOrder } from './shopping.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.stop());

test('a gateway that loses a fifth of its answers, and spoils others for ever, charges every order once', async () => {
  const during = { target: 'stripe', seconds: 8 } as const;
  await platform.sandbox.fault({ ...during, kind: 'lost_answer', rate: 0.2 });
  await platform.sandbox.fault({ ...during, kind: 'error_after_charge', rate: 0.1, stored: true });
  await platform.sandbox.fault({ ...during, kind: 'slow', rate: 0.05, ms: 1_000 });
  const ids: string[] = [];
  const shopper = async () => {
    while (ids.length < 80) ids.push(await placeOrder(platform));
  };
  await Promise.all(Array.from({ length: 8 }, shopper));

  const em = platform.orm.em.fork();
  await until('all paid', 30_000, async () =>
    (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
  );
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  expect(charged.toSorted()).toEqual(ids.toSorted());
  // Void unless answers were lost: some payments were asked for more than once, always under one key.
  const calls = (await platform.sandbox.arrivals('stripe')).filter(({ method }) => method === 'POST');
  expect(calls.length).toBeGreaterThan(ids.length);
  expect(new Set(calls.map(({ idempotency_key }) => idempotency_key)).size).toBe(ids.length);
  expect(await em.count(Payment, { calls: { $gt: 2 } })).toBeGreaterThan(0);
}, 60_000);

test('a gateway that answers pages, half answers and refusals to listen charges every order once, too', async () => {
  const earlier = (await platform.sandbox.ledger()).length;
  await platform.sandbox.clearFaults();
  const during = { target: 'stripe', seconds: 4 } as const;
  for (const [kind, rate] of [
    // The charge is made, and its answer is cut in half.
    ['malformed', 0.3],
    ['html', 0.2],
    ['429', 0.2],
  ] as const)
    await platform.sandbox.fault({ ...during, kind, rate });
  const ids = await Promise.all(Array.from({ length: 24 }, () => placeOrder(platform)));
  const em = platform.orm.em.fork();
  await until('all paid', 30_000, async () =>
    (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
  );
  const charged = (await platform.sandbox.ledger()).slice(earlier).map(({ order_id }) => order_id ?? '');
  expect(charged.toSorted()).toEqual(ids.toSorted());
}, 60_000);
