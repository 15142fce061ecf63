import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedRefund } from '../../../src/gateways/payments/payment-gateway.ts';
import { lookUpRefunds } from '../../../src/jobs/payments/look-up-refunds.job.ts';
import { answering, openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** An order, paid unless not, and what the gateway lists of it: one refund, of 25.00 USD. */
async function orderWith(changes: Partial<ListedRefund> = {}, isPaid = true) {
  const { id, payment } = await shop.place();
  if (isPaid) await shop.charge(id, takingGateway());
  const reference = `re_${id}`;
  const listed: ListedRefund = {
    reference,
    chargeReference: (await shop.payments(id))[0]?.gatewayReference ?? undefined,
    refundId: undefined,
    amountMinor: 2_500,
    currency: 'USD',
    outcome: { status: 'succeeded', reference },
    ...changes,
  };
  const gateways = answering(shop.ctx.payments.gateways, { refundsOf: async () => [listed] });
  const ctx = { ...shop.ctx, payments: { ...shop.ctx.payments, gateways } };
  const lookUp = () => performJob(lookUpRefunds, { order_id: id, payment_id: payment?.id ?? '' }, ctx);
  return { id, lookUp };
}

test('what the gateway lists is recorded, once however often it is asked', async () => {
  const { id, lookUp } = await orderWith();
  for (const _ of [1, 2]) expect(await lookUp()).toEqual({ order_id: id, refunds: 1 });
  expect(await shop.read(id)).toMatchObject({ refunded_amount: 25, refunds: [{ status: 'succeeded', amount: 25 }] });
});

test.each([
  ['more than was paid', { amountMinor: 10_001 }],
  ['another currency', { currency: 'JPY' }],
  ['a part of a cent', { amountMinor: 2_500.5 }],
  ['another charge', { chargeReference: 'pi_foreign' }],
])('a refund of %s is for people, and moves nothing', async (_, changes) => {
  const { id, lookUp } = await orderWith(changes);
  await expect(lookUp()).rejects.toThrow(/cannot be those of payment/);
  expect(await shop.read(id)).toMatchObject({ status: 'paid', refunded_amount: 0, refunds: [] });
});

test('nobody is asked before the payment is settled', async () => {
  const { lookUp } = await orderWith({}, false);
  await expect(lookUp()).rejects.toThrow('is still processing');
});
