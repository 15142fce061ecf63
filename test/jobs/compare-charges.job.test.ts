import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeadLetter } from '../../src/entities/dead-letter.entity.ts';
import { OutcomeUnknown } from '../../src/errors.ts';
import type { ListedCharge } from '../../src/gateways/payment-gateway.ts';
import { compareCharges } from '../../src/jobs/compare-charges.job.ts';
import { answering, openShop, refusingGateway, type Shop, takingGateway } from '../orders/shop.ts';
import { performJob } from '../perform-job.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** The gateway's line about an order's payment. */
async function lineOf(order: string, status: 'succeeded' | 'canceled', more: Partial<ListedCharge> = {}) {
  const [payment] = await shop.payments(order);
  const reference = `pi_${payment?.gatewayKey}`;
  const line = { orderId: order, paymentId: payment?.id, amountMinor: 10_000, currency: 'USD', reference };
  return { ...line, outcome: { status, reference }, ...more };
}
// Old enough to be in both books.
const soon = () => ({ ...shop.ctx, now: () => new Date(Date.now() + 20 * 60_000) });
const compare = (lines: readonly ListedCharge[]) => {
  const list = async function* () {
    yield* lines;
  };
  return performJob(compareCharges, {}, { ...soon(), gateways: answering(shop.ctx.gateways, { list }) });
};
const letters = () => shop.ctx.orm.em.fork().count(DeadLetter);

test('finds the same in both books', async () => {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  expect(await compare([await lineOf(id, 'succeeded')])).toEqual({ compared: 1, settled: 0, differing: [] });
});

test('settles a payment nobody had heard of by what the gateway lists', async () => {
  const { id } = await shop.place();
  await expect(shop.charge(id, { charge: () => Promise.reject(new OutcomeUnknown('silence')) })).rejects.toThrow();
  expect(await compare([await lineOf(id, 'succeeded')])).toEqual({ compared: 1, settled: 1, differing: [] });
  expect((await shop.read(id)).status).toBe('paid');
});

test('names money that only one of the books has, once however often it is found', async () => {
  const refused = await shop.place();
  await shop.charge(refused.id, refusingGateway);
  const other = await shop.place();
  await shop.charge(other.id, takingGateway());
  const lines = [
    await lineOf(refused.id, 'succeeded'),
    await lineOf(other.id, 'succeeded', { amountMinor: 9_999 }),
    await lineOf(other.id, 'succeeded', { orderId: undefined, reference: 'pi_foreign' }),
  ];
  for (const _ of [1, 2])
    expect((await compare(lines)).differing).toEqual(lines.slice(0, 2).map((line) => line.reference));
  expect(await letters()).toBe(2);
  expect((await shop.read(refused.id)).status).toBe('payment_failed');
});

test('fails as a whole when the list cannot be read to its end', async () => {
  const list = async function* (): AsyncGenerator<ListedCharge> {
    yield* [];
    throw new OutcomeUnknown('the list broke off');
  };
  const ctx = { ...soon(), gateways: answering(shop.ctx.gateways, { list }) };
  await expect(performJob(compareCharges, {}, ctx)).rejects.toThrow('the list broke off');
});
