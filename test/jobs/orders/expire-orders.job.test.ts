import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../../src/entities/orders.entity.ts';
import { OutcomeUnknown } from '../../../src/errors.ts';
import { expireOrders } from '../../../src/jobs/orders/expire-orders.job.ts';
import { openShop, refusingGateway, type Shop } from '../../support/api/shop.ts';
import { beginCall } from '../../../src/payments/begin-charge.ts';
import { performJob } from '../../support/api/perform-job.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ ORDER_EXPIRY_SECONDS: '60' });
});
afterAll(() => shop.close());

const later = (seconds: number) => ({ ...shop.ctx, now: () => new Date(Date.now() + seconds * 1_000) });
const expire = (seconds: number) => performJob(expireOrders, {}, later(seconds));

test('cancels what has waited for its buyer too long, gives its stock back once, and leaves the rest', async () => {
  const product = await shop.stocked(10);
  const body = { items: [{ product_id: product, quantity: 2 }] };
  const unpaid = await shop.place(body);
  const refused = await shop.place({ ...body, payment_method: 'pm_card_visa' });
  const beingPaid = await shop.place({ ...body, payment_method: 'pm_card_visa' });
  await shop.charge(refused.id, refusingGateway);
  expect(await expire(55)).toEqual({ cancelled: 0, asked: 0 });
  expect(await shop.stockOf(product)).toBe(4);

  const [one, other] = await Promise.all([expire(65), expire(65)]);
  expect(one.cancelled + other.cancelled).toBe(2);
  expect(await shop.stockOf(product)).toBe(8);
  expect((await shop.read(unpaid.id)).status).toBe('cancelled');
  expect((await shop.read(refused.id)).status).toBe('cancelled');
  expect((await shop.read(beingPaid.id)).status).toBe('pending');
});

test('leaves an order whose charge nobody heard of, however long that takes', async () => {
  const { id } = await shop.place();
  const lost = { charge: () => Promise.reject(new OutcomeUnknown('nothing was heard')) };
  await expect(shop.charge(id, lost)).rejects.toThrow('nothing was heard');
  expect((await shop.read(id)).payment?.status).toBe('unknown');
  expect(await expire(86_400)).toEqual({ cancelled: 0, asked: 0 });
  expect((await shop.read(id)).status).toBe('pending');
});

test('asks the gateway to stop waiting first, where it waits for the buyer too', async () => {
  const { id } = await shop.place();
  const charge = async () => ({ status: 'requires_action' as const, reference: 'pi_waits', clientSecret: 'secret' });
  await shop.charge(id, { charge });
  expect(await expire(65)).toEqual({ cancelled: 0, asked: 1 });
  expect((await shop.read(id)).status).toBe('pending');
});

test('asks again the later the longer it has asked in vain', async () => {
  const { id } = await shop.place();
  const charge = async () => ({ status: 'requires_action' as const, reference: 'pi_stays', clientSecret: 'secret' });
  await shop.charge(id, { charge });
  const [payment] = await shop.payments(id);
  const ids = { orderId: id, subjectId: payment?.id ?? '', operation: 'cancel' as const };
  const askInVain = (seconds: number) =>
    shop.ctx.transaction((tx) => beginCall(tx, { ...ids, at: later(seconds).now(), why: 'expired' }));
  const isAsked = async (seconds: number) => (await expire(seconds)).asked - others;
  const others = (await expire(65)).asked - 1;
  await askInVain(65);
  expect([await isAsked(70), await isAsked(125), await isAsked(135)]).toEqual([0, 0, 1]);
  await askInVain(135);
  expect([await isAsked(260), await isAsked(275)]).toEqual([0, 1]);
  // Once a day at the least.
  await askInVain(1_000_000);
  expect([await isAsked(1_086_300), await isAsked(1_086_500)]).toEqual([0, 1]);
});

test('finds who can expire behind any number of orders that cannot', async () => {
  const { id } = await shop.place({ products: [1] });
  // Their charges are under way, and they have waited for longer.
  const buying = Array.from({ length: 201 }, () => shop.place({ products: [1], payment_method: 'pm_card_visa' }));
  const stuck = (await Promise.all(buying)).map((order) => order.id);
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await shop.ctx.orm.em.fork().nativeUpdate(Order, { id: { $in: stuck } }, { waitingSince: anHourAgo });
  expect((await expire(65)).cancelled).toBe(1);
  expect((await shop.read(id)).status).toBe('cancelled');
  expect((await shop.read(stuck[0] ?? '')).status).toBe('pending');
});
