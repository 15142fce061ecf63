import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Misconfigured, OutcomeUnknown, RateLimited, TooManyCalls, Undecided } from '../../../src/errors.ts';
import type {
  Charge,
  ChargeOutcome,
  LostCharge,
  PaymentGateway,
} from '../../../src/gateways/payments/payment-gateway.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { until } from '../../support/processes/process.ts';
import { startSandbox } from '../../support/upstreams/sandbox-process.ts';
import { openShop, refusingGateway, type Shop, takingGateway } from '../../support/api/shop.ts';
import { readStream } from '../../support/stores/stream-entries.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const eventsOf = async (order: string) => {
  await shop.ctx.events.relay.idle();
  const events = (await readStream(shop.ctx.redis, 'orders')).filter(({ subject }) => subject === order);
  return events.map(({ type, version }) => `${version} ${type}`);
};

test('works: charges the order’s amount under the payment’s own key, and the order is paid', async () => {
  const order = await shop.place();
  const asked: Charge[] = [];
  const charge = async (given: Charge): Promise<ChargeOutcome> => {
    asked.push(given);
    return { status: 'succeeded', reference: `pi_${given.key}` };
  };
  expect(await shop.charge(order.id, { charge })).toBe('succeeded');
  const [payment] = await shop.payments(order.id);
  expect(asked).toMatchObject([
    { key: payment?.gatewayKey, orderId: order.id, amountMinor: 10_000, currency: 'USD', method: 'pm_card_visa' },
  ]);
  expect(payment).toMatchObject({ status: 'succeeded', gatewayReference: `pi_${payment?.gatewayKey}` });
  expect((await shop.read(order.id)).status).toBe('paid');
  expect(await eventsOf(order.id)).toEqual(['1 order.created', '2 order.paid']);
});

test('runs twice: the second run asks nobody and announces nothing', async () => {
  const order = await shop.place();
  const calls: string[] = [];
  await shop.charge(order.id, takingGateway(calls));
  await shop.charge(order.id, takingGateway(calls));
  expect(calls).toHaveLength(1);
  expect(await eventsOf(order.id)).toEqual(['1 order.created', '2 order.paid']);
});

test('runs twice at once: both ask under one key, and one of them settles', async () => {
  const order = await shop.place();
  const calls: string[] = [];
  const bothAsked = Promise.withResolvers<void>();
  const charge = async ({ key }: Charge): Promise<ChargeOutcome> => {
    if (calls.push(key) === 2) bothAsked.resolve();
    await bothAsked.promise;
    return { status: 'succeeded', reference: `pi_${key}` };
  };
  await Promise.all([shop.charge(order.id, { charge }), shop.charge(order.id, { charge })]);
  expect(new Set(calls).size).toBe(1);
  expect(await eventsOf(order.id)).toEqual(['1 order.created', '2 order.paid']);
});

test('looking for a charge does not make the time longer in which it is looked for', async () => {
  const order = await shop.place();
  await expect(
    shop.charge(order.id, { charge: () => Promise.reject(new OutcomeUnknown('silence')) }),
  ).rejects.toThrow();
  const [payment] = await shop.payments(order.id);
  const asked: Date[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const find = async ({ lastAskedAt }: LostCharge, signal?: AbortSignal) => {
    asked.push(lastAskedAt);
    signals.push(signal);
    throw new Undecided('there are too many to be gone through');
  };
  for (const hours of [24, 25]) {
    const cut = new AbortController();
    const ctx = { now: () => new Date(Date.now() + hours * 3_600_000) };
    await expect(shop.charge(order.id, { find }, ctx, cut.signal)).rejects.toThrow('too many');
    cut.abort();
  }
  expect(asked).toEqual([payment?.lastCallAt, payment?.lastCallAt]);
  // What cuts the attempt off ends the search.
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
});

test('is refused: the order fails with the code, and nothing is tried again', async () => {
  const order = await shop.place();
  expect(await shop.charge(order.id, refusingGateway)).toBe('failed');
  expect(await shop.read(order.id)).toMatchObject({
    status: 'payment_failed',
    payment: { status: 'failed', failure_code: 'card_declined' },
  });
  expect(await eventsOf(order.id)).toEqual(['1 order.created', '2 order.payment_failed']);
});

test('hears nothing: the payment is unknown, never failed, and the same key finds out', async () => {
  const order = await shop.place();
  const calls: string[] = [];
  const silent = async ({ key }: Charge): Promise<ChargeOutcome> => {
    calls.push(key);
    throw new OutcomeUnknown('no answer');
  };
  await expect(shop.charge(order.id, { charge: silent })).rejects.toThrow(OutcomeUnknown);
  expect(await shop.read(order.id)).toMatchObject({ status: 'pending', payment: { status: 'unknown' } });
  expect(await shop.charge(order.id, takingGateway(calls))).toBe('succeeded');
  expect(new Set(calls).size).toBe(1);
  expect(await eventsOf(order.id)).toEqual(['1 order.created', '2 order.paid']);
});

test('is cut off while the gateway is silent: it ends at once, the payment is unknown, and the same key finds out', async () => {
  const { id } = await shop.place();
  const cut = new AbortController();
  const asked = Promise.withResolvers<void>();
  const silent = shop.charge(
    id,
    {
      charge() {
        asked.resolve();
        return new Promise(() => {});
      },
    },
    {},
    cut.signal,
  );
  await asked.promise;
  cut.abort(new Error('shutdown'));
  await expect(silent).rejects.toThrow('cut off');
  expect((await shop.payments(id))[0]).toMatchObject({ status: 'unknown' });
  expect(await shop.charge(id, takingGateway())).toBe('succeeded');
});

test('is called too often: nothing is decided, nothing is looked up for it, and all wait as long as the gateway says', async () => {
  const order = await shop.place();
  const busy = async (): Promise<ChargeOutcome> => Promise.reject(new TooManyCalls('too often', 1));
  for (let tries = 0; tries < 6; tries += 1) {
    await expect(shop.charge(order.id, { charge: busy })).rejects.toThrow(RateLimited);
    await until('the rest is over', () =>
      shop.ctx.payments.gateways
        .named('stripe')
        .outage.admit()
        .then(
          () => true as const,
          () => undefined,
        ),
    );
    await shop.ctx.redis.del('outage:{payments-stripe}:probe');
  }
  expect(await shop.payments(order.id)).toMatchObject([{ status: 'processing', calls: 0 }]);
  expect(await shop.charge(order.id, takingGateway())).toBe('succeeded');
  expect(await eventsOf(order.id)).toEqual(['1 order.created', '2 order.paid']);
});

const refusesKey = async (): Promise<ChargeOutcome> => Promise.reject(new Misconfigured('set another key'));

test('is refused for its secret: nothing is under way, and the order can be cancelled', async () => {
  const order = await shop.place();
  await expect(shop.charge(order.id, { charge: refusesKey })).rejects.toThrow('set another key');
  expect((await shop.send('DELETE', `/orders/${order.id}`, { as: 'demo' })).status).toBe(200);
  const calls: string[] = [];
  expect(await shop.charge(order.id, takingGateway(calls))).toBe('settled');
  expect(calls).toEqual([]);
});

const tomorrow = { now: () => new Date(Date.now() + 86_400_000) };
const findsNothing = { find: async () => undefined };

test('is refused for its secret for longer than a key is good: it is charged once that is mended', async () => {
  const order = await shop.place();
  await expect(shop.charge(order.id, { charge: refusesKey })).rejects.toThrow('set another key');
  await expect(shop.charge(order.id, { charge: refusesKey, ...findsNothing }, tomorrow)).rejects.toThrow('another key');
  expect(await shop.payments(order.id)).toMatchObject([{ status: 'processing', calls: 0, chargingAt: null }]);
  const calls: string[] = [];
  expect(await shop.charge(order.id, { ...takingGateway(calls), ...findsNothing }, tomorrow)).toBe('succeeded');
  expect(calls).toHaveLength(1);
});

test('was taken over another amount: it is for people, also once its key is too old, and cannot be paid anew', async () => {
  const [sandbox, order] = [await startSandbox(), await shop.place()];
  const [payment] = await shop.payments(order.id);
  const stripe = openStripe({ keys: ['sk_test_any'], webhookSecrets: [], base: sandbox.urls.stripe });
  const other = { orderId: order.id, paymentId: payment?.id ?? '', amountMinor: 9_999, currency: 'USD' };
  await stripe.charge({ ...other, key: randomUUID(), method: 'pm_card_visa' });
  const silent = { charge: () => Promise.reject(new OutcomeUnknown('silence')) };
  await expect(shop.charge(order.id, silent)).rejects.toThrow('silence');
  await expect(shop.charge(order.id, stripe, tomorrow)).rejects.toThrow('over another amount than was asked for');
  expect(await shop.read(order.id)).toMatchObject({ status: 'pending', payment: { status: 'unknown' } });
  const body = { payment_method: 'pm_card_visa' };
  expect((await shop.send('POST', `/orders/${order.id}/pay`, { as: 'demo', body })).status).toBe(409);
  await sandbox.stop();
});

test('is refused for its secret while another attempt is at work: the charge stays under way', async () => {
  const order = await shop.place();
  const [isAsked, isRefused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const charge = async ({ key }: Charge): Promise<ChargeOutcome> => {
    isAsked.resolve();
    await isRefused.promise;
    return { status: 'succeeded', reference: `pi_${key}` };
  };
  const charging = shop.charge(order.id, { charge });
  await isAsked.promise;
  await expect(shop.charge(order.id, { charge: refusesKey })).rejects.toThrow('set another key');
  expect((await shop.send('DELETE', `/orders/${order.id}`, { as: 'demo' })).status).toBe(409);
  isRefused.resolve();
  expect(await charging).toBe('succeeded');
});

test('fails in its own code: nothing is decided and nothing announced, and the next try goes on', async () => {
  const order = await shop.place();
  const charge = async () => Promise.reject(new TypeError('a bug'));
  await expect(shop.charge(order.id, { charge })).rejects.toThrow('a bug');
  expect((await shop.read(order.id)).status).toBe('pending');
  expect(await eventsOf(order.id)).toEqual(['1 order.created']);
  expect(await shop.charge(order.id, takingGateway())).toBe('succeeded');
});

test('finds that a charge nobody heard of waits for its buyer: ends it at the gateway, and the order can be paid anew', async () => {
  const order = await shop.place();
  const silent = async (): Promise<ChargeOutcome> => Promise.reject(new OutcomeUnknown('no answer'));
  await expect(shop.charge(order.id, { charge: silent })).rejects.toThrow(OutcomeUnknown);
  const canceled: string[] = [];
  const waits: Partial<PaymentGateway> = {
    charge: async () => ({ status: 'requires_action', reference: 'pi_waits', clientSecret: 'secret' }),
    cancel: async (reference) => {
      canceled.push(reference);
      return { status: 'canceled', reference };
    },
  };
  expect(await shop.charge(order.id, waits)).toBe('canceled');
  expect(canceled).toEqual(['pi_waits']);
  expect(await shop.read(order.id)).toMatchObject({ status: 'payment_failed', payment: { status: 'canceled' } });
  const body = { payment_method: 'pm_card_visa' };
  expect((await shop.send('POST', `/orders/${order.id}/pay`, { as: 'demo', body })).status).toBe(200);
  expect(await shop.charge(order.id, takingGateway())).toBe('succeeded');
  expect(await shop.payments(order.id)).toHaveLength(2);
});

test('finds that its buyer was quicker than the ending of such a charge: the order is paid', async () => {
  const order = await shop.place();
  const silent = async (): Promise<ChargeOutcome> => Promise.reject(new OutcomeUnknown('no answer'));
  await expect(shop.charge(order.id, { charge: silent })).rejects.toThrow(OutcomeUnknown);
  const quick: Partial<PaymentGateway> = {
    charge: async () => ({ status: 'requires_action', reference: 'pi_quick', clientSecret: 'secret' }),
    cancel: async (reference) => ({ status: 'succeeded', reference }),
  };
  expect(await shop.charge(order.id, quick)).toBe('succeeded');
  expect((await shop.read(order.id)).status).toBe('paid');
});
