import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderView } from '../../../src/api/orders/order-view.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { OrderHistory } from '../../../src/entities/orders.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { openShop, refusingGateway, type Shop, takingGateway } from '../../support/api/shop.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { sendAll } from '../../support/stores/send-all.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const call = (method: string, path: string, body?: unknown, as: 'demo' | 'admin' = 'demo') =>
  shop.send(method, path, { as, ...(body === undefined ? {} : { body }) });
const codeOf = async (answer: Response) => (await problemOf(answer)).code;
const announced = async (id: string) =>
  (await shop.ctx.orm.em.fork().find(EventLog, { subject: id }, { orderBy: { version: 'asc' } })).map(
    ({ type }) => type,
  );
const history = async (order: string) =>
  (await shop.ctx.orm.em.fork().find(OrderHistory, { order }, { orderBy: { id: 'asc' } })).map(
    ({ subject, fromStatus, toStatus }) => `${subject} ${fromStatus ?? ''}>${toStatus}`,
  );

describe('POST /orders/{id}/pay', () => {
  it('pays an order that waits for it, with a payment of its own', async () => {
    const order = await shop.place({ products: [1] });
    expect(order).toMatchObject({ status: 'pending', payment: null });
    const answer = await call('POST', `/orders/${order.id}/pay`, { payment_method: 'pm_card_visa' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'pending', payment: { status: 'processing' } });
    expect(await shop.charge(order.id, takingGateway())).toBe('succeeded');
    expect(await shop.read(order.id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
    expect(await history(order.id)).toEqual([
      'order >pending',
      'payment >processing',
      'payment processing>succeeded',
      'order pending>paid',
    ]);
  });

  it('pays a failed one again, under another key', async () => {
    const order = await shop.place();
    await shop.charge(order.id, refusingGateway);
    expect(await shop.read(order.id)).toMatchObject({ status: 'payment_failed' });
    expect((await call('POST', `/orders/${order.id}/pay`, { payment_method: 'pm_card_visa' })).status).toBe(200);
    const payments = await shop.payments(order.id);
    expect(new Set(payments.map(({ gatewayKey }) => gatewayKey)).size).toBe(2);
    await shop.charge(order.id, takingGateway());
    expect(await shop.read(order.id)).toMatchObject({ status: 'paid' });
  });

  it('shows the payment that is alive, else the last, whatever the clocks of the processes that made them say', async () => {
    const order = await shop.place();
    await shop.charge(order.id, refusingGateway);
    const first = (await shop.read(order.id)).payment?.id;
    await call('POST', `/orders/${order.id}/pay`, { payment_method: 'pm_card_visa' });
    const second = (await shop.payments(order.id)).find(({ id }) => id !== first)?.id ?? '';
    // As if made by a process whose clock is slow by years.
    const slow = `0150${second.slice(4)}`;
    const em = shop.ctx.orm.em.fork();
    await em.nativeUpdate(Payment, { id: second }, { id: slow });
    await em.nativeUpdate(OrderHistory, { subjectId: second }, { subjectId: slow });
    expect((await shop.read(order.id)).payment).toMatchObject({ id: slow, status: 'processing' });
    expect(await shop.charge(order.id, refusingGateway)).toBe('failed');
    expect((await shop.read(order.id)).payment).toMatchObject({ id: slow, status: 'failed' });
  });

  it('lets one of twenty clicks at once through', async () => {
    const order = await shop.place({ products: [1] });
    const clicks = Array.from({ length: 20 }, () =>
      call('POST', `/orders/${order.id}/pay`, { payment_method: 'pm_card_visa' }),
    );
    const statuses = (await Promise.all(clicks)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    expect(await shop.payments(order.id)).toHaveLength(1);
  });

  it('refuses what is paid, what names no method, and what is another’s', async () => {
    const paid = await shop.place();
    await shop.charge(paid.id, takingGateway());
    const again = { payment_method: 'pm_card_visa' };
    expect(await codeOf(await call('POST', `/orders/${paid.id}/pay`, again))).toBe('order_closed');
    const open = await shop.place({ products: [1] });
    expect(await codeOf(await call('POST', `/orders/${open.id}/pay`, {}))).toBe('payment_method_required');
    const admins = await shop.send('POST', '/orders', { as: 'admin', body: { products: [1] } });
    const { id } = OrderView.parse(await admins.json());
    expect(await codeOf(await call('POST', `/orders/${id}/pay`, again))).toBe('not_found');
  });
});

describe('DELETE /orders/{id}', () => {
  it('cancels, gives the stock back once, and answers the same again', async () => {
    const product = await shop.stocked(5);
    const order = await shop.place({ items: [{ product_id: product, quantity: 3 }] });
    expect(await shop.stockOf(product)).toBe(2);
    const answers = await Promise.all([
      call('DELETE', `/orders/${order.id}`),
      call('POST', `/orders/${order.id}/cancel`),
      call('DELETE', `/orders/${order.id}/`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(bodies[0]).toMatchObject({ status: 'cancelled' });
    expect(bodies[1]).toEqual(bodies[0]);
    expect(await shop.stockOf(product)).toBe(5);
    expect((await announced(order.id)).filter((name) => name === 'order.cancelled').length).toBeLessThanOrEqual(1);
    expect((await history(order.id)).filter((line) => line.endsWith('>cancelled'))).toHaveLength(1);
  });

  it('ends a payment that nobody has been asked for, so that it is never charged', async () => {
    const order = await shop.place();
    expect((await call('DELETE', `/orders/${order.id}`)).status).toBe(200);
    const calls: string[] = [];
    expect(await shop.charge(order.id, takingGateway(calls))).toBe('settled');
    expect(calls).toEqual([]);
    expect(await shop.read(order.id)).toMatchObject({ status: 'cancelled', payment: { status: 'failed' } });
  });

  it('waits for a charge under way, and leaves what is paid', async () => {
    const order = await shop.place();
    const during: string[] = [];
    await shop.charge(order.id, {
      charge: async ({ key }) => {
        during.push(await codeOf(await call('DELETE', `/orders/${order.id}`)));
        during.push(await codeOf(await call('PATCH', `/orders/${order.id}`, { products: [1] })));
        return { status: 'succeeded', reference: key };
      },
    });
    expect(during).toEqual(['payment_in_progress', 'payment_in_progress']);
    expect(await codeOf(await call('DELETE', `/orders/${order.id}`))).toBe('order_closed');
  });
});

describe('PATCH /orders/{id}', () => {
  const productOf = (at: Shop, priceMinor: number, currency: string) =>
    at.ctx.orm.em.fork().insert(Product, { title: 'Odd', priceMinor, currency, stock: null });
  /** An order whose payment was begun while this gateway took new ones. */
  const begun = async (at: Shop, gateway: string) => {
    const order = await at.place();
    await at.ctx.orm.em.fork().nativeUpdate(Payment, { order: order.id }, { gateway });
    return order;
  };
  it('replaces the items at today’s prices, and what the payment will charge', async () => {
    const product = await shop.stocked(5, 250);
    const order = await shop.place({ items: [{ product_id: product, quantity: 4 }], payment_method: 'pm_card_visa' });
    const items = [
      { product_id: product, quantity: 2 },
      { product_id: 1, quantity: 1 },
    ];
    const answer = await call('PATCH', `/orders/${order.id}`, { items, total_amount: 65 });
    expect(await answer.json()).toMatchObject({ total_amount: 65, items: [{ quantity: 2 }, { quantity: 1 }] });
    expect(await shop.stockOf(product)).toBe(3);
    const charged: number[] = [];
    await shop.charge(order.id, {
      charge: async ({ amountMinor, key }) => {
        charged.push(amountMinor);
        return { status: 'succeeded', reference: key };
      },
    });
    expect(charged).toEqual([6_500]);
    await call('DELETE', `/orders/${order.id}`);
    expect(await shop.stockOf(product)).toBe(3);
  });

  it('changes nothing when it refuses', async () => {
    const product = await shop.stocked(5);
    const order = await shop.place({ items: [{ product_id: product, quantity: 4 }] });
    const items = (quantity: number) => ({ items: [{ product_id: product, quantity }] });
    const refused = [
      await call('PATCH', `/orders/${order.id}`, items(6)),
      await call('PATCH', `/orders/${order.id}`, { ...items(1), total_amount: 1 }),
      await call('PATCH', `/orders/${order.id}`, {}),
      await call('PATCH', `/orders/${order.id}`, { total_amount: 1 }),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual(['out_of_stock', 'total_mismatch', 'invalid', 'invalid']);
    expect(await shop.stockOf(product)).toBe(1);
    expect(await shop.read(order.id)).toEqual(order);
  });

  it.each([
    ['less than it takes', 10, 'USD'],
    ['a last digit that it does not take', 1_234, 'KWD'],
  ])('refuses %s where the payment is of a gateway before', async (_, priceMinor, currency) => {
    const instant = await openShop({ PAYMENT_GATEWAY: 'instant' });
    try {
      const product = await productOf(instant, priceMinor, currency);
      const { id } = await begun(instant, 'stripe');
      const path = `/orders/${id}`;
      const answer = await instant.send('PATCH', path, { as: 'demo', body: { products: [product] } });
      expect(await codeOf(answer)).toBe('amount_not_chargeable');
      // Once a method is named, it is the new one that takes it.
      const body = { products: [product], payment_method: 'any' };
      expect((await instant.send('PATCH', path, { as: 'demo', body })).status).toBe(200);
      expect(await instant.payments(id)).toMatchObject([{ gateway: 'instant', amountMinor: priceMinor, currency }]);
    } finally {
      await instant.close();
    }
  });

  it('takes what the gateway of the payment takes, and moves it to no other that could never take it', async () => {
    const product = await productOf(shop, 10, 'USD');
    const { id } = await begun(shop, 'instant');
    expect((await call('PATCH', `/orders/${id}`, { products: [product] })).status).toBe(200);
    const moved = await call('PATCH', `/orders/${id}`, { payment_method: 'pm_card_visa' });
    expect(await codeOf(moved)).toBe('amount_not_chargeable');
    expect(await shop.payments(id)).toMatchObject([{ gateway: 'instant', amountMinor: 10 }]);
  });

  it('gives a payment that it moves to another gateway a job of that one, once', async () => {
    const { id } = await begun(shop, 'instant');
    const jobs = async () => {
      await sendAll(shop.ctx);
      const all = (await shop.ctx.jobs.queues.get('payments')?.getJobs(['waiting', 'prioritized'])) ?? [];
      return all.filter(({ data }) => JSON.stringify(data).includes(id));
    };
    const counts = [(await jobs()).length];
    const [before] = await shop.payments(id);
    for (const payment_method of ['pm_card_visa', 'pm_card_mastercard']) {
      expect((await call('PATCH', `/orders/${id}`, { payment_method })).status).toBe(200);
      counts.push((await jobs()).length);
    }
    expect(counts).toEqual([1, 2, 2]);
    const added = (await jobs()).find((job) => job.id !== before?.jobId);
    expect(added?.data).toMatchObject({ order_id: id, gateway: 'stripe' });
    expect(await shop.payments(id)).toMatchObject([{ gateway: 'stripe', jobId: added?.id }]);
  });

  it('asks the gateway for new payments what it takes where that of the payment cannot be spoken to', async () => {
    const product = await productOf(shop, 10, 'USD');
    const { id } = await begun(shop, 'gone');
    const answer = await call('PATCH', `/orders/${id}`, { products: [product] });
    expect(await codeOf(answer)).toBe('amount_not_chargeable');
    expect((await call('PATCH', `/orders/${id}`, { products: [1] })).status).toBe(200);
    expect(await shop.payments(id)).toMatchObject([{ gateway: 'gone', amountMinor: 6_000 }]);
  });

  it('names how a waiting order is paid', async () => {
    const order = await shop.place({ products: [1] });
    await call('PATCH', `/orders/${order.id}`, { payment_method: 'pm_card_mastercard' });
    expect(await shop.read(order.id)).toMatchObject({
      payment: { method: 'pm_card_mastercard', status: 'processing' },
    });
  });
});
