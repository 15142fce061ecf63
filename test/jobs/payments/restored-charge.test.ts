import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OutcomeUnknown, RateLimited } from '../../../src/errors.ts';
import type { LostCharge } from '../../../src/gateways/payments/payment-gateway.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { startSandbox } from '../../support/upstreams/sandbox-process.ts';
import { tireless } from '../../support/upstreams/tireless-outage.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const dayMs = 86_400_000;
const tomorrow = { now: () => new Date(Date.now() + dayMs) };
const findsNothing = { find: async () => undefined };

describe('a payment of a restored backup, whose key the gateway may have forgotten since', () => {
  const timelineOf = async (order: string): Promise<unknown> =>
    (await shop.send('GET', `/orders/${order}/timeline`, { as: 'demo' })).json();

  test('was charged after the backup: that is found, and it is charged once', async () => {
    const [sandbox, order] = [await startSandbox(), await shop.place()];
    const [payment] = await shop.payments(order.id);
    const stripe = openStripe({ keys: ['sk_test_any'], webhookSecrets: [], base: sandbox.urls.stripe });
    const ofOrder = { orderId: order.id, paymentId: payment?.id ?? '', amountMinor: 10_000, currency: 'USD' };
    // By another key: this one's is forgotten.
    const taken = await stripe.charge({ ...ofOrder, key: randomUUID(), method: 'pm_card_visa' });
    expect(await shop.charge(order.id, stripe, tomorrow)).toBe('succeeded');
    expect(await shop.payments(order.id)).toMatchObject([
      { gatewayReference: 'reference' in taken && taken.reference },
    ]);
    expect(await sandbox.ledger()).toHaveLength(1);
    await sandbox.stop();
  });

  test('is looked for up to where its key finds it, and charged when there is nothing', async () => {
    const order = await shop.place();
    const [payment] = await shop.payments(order.id);
    const createdAt = payment?.createdAt ?? new Date();
    const looked: LostCharge[] = [];
    const find = async (lost: LostCharge) => {
      looked.push(lost);
      return undefined;
    };
    const at = new Date(createdAt.getTime() + dayMs);
    expect(await shop.charge(order.id, { ...takingGateway(), find }, { now: () => at })).toBe('succeeded');
    const lastAskedAt = new Date(createdAt.getTime() + 3_600_000);
    expect(looked).toMatchObject([{ firstAskedAt: createdAt, lastAskedAt, isLongAgo: true }]);
    const { data } = z.object({ data: z.array(z.unknown()) }).parse(await timelineOf(order.id));
    expect(data).toEqual(
      expect.arrayContaining([expect.objectContaining({ operation: 'look_up', outcome: 'nothing_found' })]),
    );
  });

  test('is not charged while the gateway does not tell, however often it is tried, and is not cancelled', async () => {
    const order = await shop.place();
    const calls: string[] = [];
    const find = () => Promise.reject(new OutcomeUnknown('silence'));
    for (let tries = 0; tries < 4; tries += 1)
      await expect(
        shop.charge(order.id, { ...takingGateway(calls), find, outage: tireless }, tomorrow),
      ).rejects.toThrow('silence');
    expect(calls).toEqual([]);
    expect((await shop.send('DELETE', `/orders/${order.id}`, { as: 'demo' })).status).toBe(409);
    expect(await shop.charge(order.id, { ...takingGateway(calls), ...findsNothing }, tomorrow)).toBe('succeeded');
    expect(calls).toHaveLength(1);
  });

  test('whose charge is not heard of once it was looked for is one whose key has begun to age then', async () => {
    const order = await shop.place();
    const silent = () => Promise.reject(new OutcomeUnknown('silence'));
    const twice = { ...findsNothing, outage: tireless };
    await expect(shop.charge(order.id, { charge: silent, ...twice }, tomorrow)).rejects.toThrow('silence');
    const looksUp = { find: () => Promise.reject(new Error('looked up')) };
    expect(await shop.charge(order.id, { ...takingGateway(), ...looksUp }, tomorrow)).toBe('succeeded');
  });

  test('is not charged when payments are stopped between the look and the charge', async () => {
    const order = await shop.place();
    const find = async () => {
      await shop.send('POST', '/payments/stop', { as: 'admin' });
      return undefined;
    };
    const calls: string[] = [];
    await expect(shop.charge(order.id, { ...takingGateway(calls), find }, tomorrow)).rejects.toThrow(RateLimited);
    await shop.send('POST', '/payments/start', { as: 'admin' });
    expect(calls).toEqual([]);
    expect(await shop.charge(order.id, { ...takingGateway(calls), ...findsNothing }, tomorrow)).toBe('succeeded');
  });
});
