import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayCall } from '../../src/entities/payments.entity.ts';
import { OrderHistory, Order } from '../../src/entities/orders.entity.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { announcedOf } from '../support/stores/stream-entries.ts';
import { expectFrozenHarmless } from '../support/load/frozen-worker.ts';
import { killPoints } from '../support/load/kill-points.ts';
import { placeOrder, untilPaid } from '../support/load/place-order.ts';

/** Places an order, and resolves with its id when the gateway has charged it and not answered yet. */
async function chargeHeld(platform: Platform): Promise<string> {
  await platform.sandbox.hold({ target: 'stripe', phase: 'after', path: '/v1/payment_intents' });
  const id = await placeOrder(platform);
  await until('the charge is held', async () => ((await platform.sandbox.held()) > 0 ? true : undefined));
  return id;
}
const chargesOf = async (platform: Platform, id: string) =>
  (await platform.sandbox.ledger()).filter(({ order_id }) => order_id === id).length;

// Each group has a platform of its own, so that both are waited for at once; its tests come one after the other.
const inTurn = { concurrent: false };
describe.concurrent('a worker', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(() => platform.stop());

  test(
    'frozen past its lock and thawed runs its job a second time to the end, and the order is charged once',
    inTurn,
    async () => {
      const [frozen] = platform.workers;
      const id = await chargeHeld(platform);
      await frozen?.signal('SIGSTOP');
      await platform.sandbox.release();
      await platform.startWorker();
      await untilPaid(platform, id);
      await frozen?.signal('SIGCONT');

      // Void unless both have run to the end. Whether the thawed one still hears its answer, or has waited for it too long, is a
      // matter of time.
      const em = platform.orm.em.fork();
      const calls = await until('both have run to the end', async () => {
        const rows = await em.find(GatewayCall, { order: id }, { disableIdentityMap: true });
        return rows.length >= 2 && rows.every(({ endedAt }) => endedAt) ? rows : undefined;
      });
      const heard = new Set(calls.map(({ operation, outcome }) => `${operation} ${outcome}`));
      expect(['charge succeeded', 'charge unknown']).toEqual(expect.arrayContaining([...heard]));
      expect(await chargesOf(platform, id)).toBe(1);
      expect(await em.count(OrderHistory, { order: id, toStatus: 'paid' })).toBe(1);
      expect(await announcedOf(platform.redis, id, 2)).toEqual(['1 order.created', '2 order.paid']);
    },
  );

  test('killed while the gateway has charged but not answered: paid within 15 s, one charge', inTurn, async () => {
    const earlier = (await platform.sandbox.arrivals('stripe')).length;
    const id = await chargeHeld(platform);
    // Whichever worker holds it is among these; a new one takes over.
    await Promise.all(platform.workers.splice(0).map((worker) => worker.signal('SIGKILL')));
    await platform.sandbox.release();
    await platform.startWorker();

    await untilPaid(platform, id);
    expect(await chargesOf(platform, id)).toBe(1);
    const calls = (await platform.sandbox.arrivals('stripe')).slice(earlier);
    expect(new Set(calls.map(({ idempotency_key }) => idempotency_key)).size).toBe(1);
    // Void unless the gateway was really asked twice.
    expect(calls.length).toBeGreaterThanOrEqual(2);
  });
});

describe.concurrent('a worker that is frozen and thawed', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ workers: 0 });
  });
  afterAll(() => platform.stop());

  const points = killPoints.filter(({ name }) => name === 'intent written, not committed');
  test.each(points)(
    'in the middle of a transaction keeps nobody from the order: $name',
    inTurn,
    async (point) => void (await expectFrozenHarmless(platform, point)),
  );
});

describe.concurrent('a gateway', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(() => platform.stop());

  test('that loses a fifth of its answers, and spoils others for ever, charges every order once', inTurn, async () => {
    const chargedEarlier = (await platform.sandbox.ledger()).length;
    const calledEarlier = (await platform.sandbox.arrivals('stripe')).length;
    const during = { target: 'stripe', seconds: 3_600 } as const;
    await platform.sandbox.fault({ ...during, kind: 'lost_answer', rate: 0.2, times: 16 });
    await platform.sandbox.fault({ ...during, kind: 'error_after_charge', rate: 0.1, times: 8, stored: true });
    await platform.sandbox.fault({ ...during, kind: 'slow', rate: 0.05, times: 4, ms: 1_000 });
    const ids: string[] = [];
    const shopper = async () => {
      while (ids.length < 80) ids.push(await placeOrder(platform));
    };
    await Promise.all(Array.from({ length: 8 }, shopper));

    const em = platform.orm.em.fork();
    await until('all paid', async () =>
      (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
    );
    const charged = (await platform.sandbox.ledger()).slice(chargedEarlier).map(({ order_id }) => order_id ?? '');
    expect(charged.toSorted()).toEqual(ids.toSorted());
    // Void unless answers were lost: some payments were asked for more than once, always under one key.
    const called = (await platform.sandbox.arrivals('stripe')).slice(calledEarlier);
    const calls = called.filter(({ method }) => method === 'POST');
    expect(calls.length).toBeGreaterThan(ids.length);
    expect(new Set(calls.map(({ idempotency_key }) => idempotency_key)).size).toBe(ids.length);
  });

  test('that answers pages, half answers and refusals to listen charges every order once, too', inTurn, async () => {
    const chargedEarlier = (await platform.sandbox.ledger()).length;
    await platform.sandbox.clearFaults();
    const during = { target: 'stripe', seconds: 3_600, times: 6 } as const;
    for (const [kind, rate] of [
      // The charge is made, and its answer is cut in half.
      ['malformed', 0.3],
      ['html', 0.2],
      ['429', 0.2],
    ] as const)
      await platform.sandbox.fault({ ...during, kind, rate });
    const ids = await Promise.all(Array.from({ length: 24 }, () => placeOrder(platform)));
    const em = platform.orm.em.fork();
    await until('all paid', async () =>
      (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
    );
    const charged = (await platform.sandbox.ledger()).slice(chargedEarlier).map(({ order_id }) => order_id ?? '');
    expect(charged.toSorted()).toEqual(ids.toSorted());
  });
});
