import { afterAll, beforeAll, expect, test } from 'vitest';
import { OutcomeUnknown } from '../../src/errors.ts';
import type { ChargeOutcome, PaymentGateway } from '../../src/gateways/payment-gateway.ts';
import { cancelPayment } from '../../src/jobs/cancel-payment.job.ts';
import { answering, openShop, type Shop } from '../orders/shop.ts';
import { performJob } from '../perform-job.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

let count = 0;
/** An order whose payment waits for its buyer. */
async function waiting() {
  const product = await shop.stocked(5);
  const { id } = await shop.place({ items: [{ product_id: product, quantity: 5 }], payment_method: 'pm_3ds' });
  const reference = `pi_${(count += 1)}`;
  await shop.charge(id, { charge: async () => ({ status: 'requires_action', reference, clientSecret: 'secret' }) });
  const { payment } = await shop.read(id);
  return { id, reference, product, payload: { order_id: id, payment_id: payment?.id ?? '' } };
}
const cancel = (payload: { order_id: string; payment_id: string }, answer: PaymentGateway['cancel']) =>
  performJob(cancelPayment, payload, { ...shop.ctx, gateways: answering(shop.ctx.gateways, { cancel: answer }) });

test('ends the payment at the gateway, and then the order, and gives its stock back', async () => {
  const { id, reference, product, payload } = await waiting();
  const canceled: ChargeOutcome = { status: 'canceled', reference };
  expect(await cancel(payload, async () => canceled)).toEqual({ payment_status: 'canceled' });
  expect(await shop.read(id)).toMatchObject({ status: 'cancelled', payment: { status: 'canceled' } });
  expect(await shop.stockOf(product)).toBe(5);
  const unasked = async () => Promise.reject(new Error('asked again'));
  expect(await cancel(payload, unasked)).toEqual({ payment_status: 'canceled' });
  expect(await shop.stockOf(product)).toBe(5);
});

test('a buyer who was faster has paid', async () => {
  const { id, reference, product, payload } = await waiting();
  await cancel(payload, async () => ({ status: 'succeeded', reference }));
  expect(await shop.read(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
  expect(await shop.stockOf(product)).toBe(0);
});

test('while the gateway is not heard nothing is decided, and it is tried again', async () => {
  const { id, payload } = await waiting();
  await expect(cancel(payload, () => Promise.reject(new OutcomeUnknown('silence')))).rejects.toThrow('silence');
  expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
});
