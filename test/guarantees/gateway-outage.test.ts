import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../src/entities/order.entity.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { busiest } from './demand.ts';
import { placeOrder } from './shopping.ts';

const outageMs = 4_000;

let platform: Platform;
beforeAll(async () => {
  // One charge at a time makes the order of the queue the order of the ledger.
  platform = await startPlatform({ workers: 2, env: { WORKER_CONCURRENCY_PAYMENTS: '1' } });
});
afterAll(() => platform.stop());

test('while the gateway is away one call a second tries it; afterwards the oldest orders are charged first', async () => {
  await platform.sandbox.fault({ target: 'stripe', kind: '5xx', seconds: 60 });
  const ids: string[] = [];
  for (let count = 0; count < 40; count += 1) ids.push(await placeOrder(platform));
  const known = (await platform.sandbox.arrivals('stripe')).length;
  await sleep(outageMs);
  const during = (await platform.sandbox.arrivals('stripe')).slice(known).map(({ at_ms }) => at_ms);
  expect(during.length).toBeGreaterThanOrEqual(2);
  expect(busiest(during, 1_000)).toBe(1);
  await platform.sandbox.clearFaults();

  const em = platform.orm.em.fork();
  await until('all paid', 15_000, async () =>
    (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
  );
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  expect(charged.toSorted()).toEqual(ids.toSorted());
  const place = (id: string) => charged.indexOf(id);
  // The few that had failed for themselves before the outage was known wait out their own pause.
  const displaced = ids.filter((id, index) => Math.abs(place(id) - index) > 12);
  expect(displaced.length).toBeLessThanOrEqual(8);
}, 60_000);
