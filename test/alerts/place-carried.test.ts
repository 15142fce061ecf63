import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scope } from '../../src/accounts/scopes.ts';
import { judgePrices, lookForPrices } from '../../src/alerts/judge-prices.ts';
import { User } from '../../src/entities/accounts.entity.ts';
import { AlertFiring, PriceAlert } from '../../src/entities/alerts.entity.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { Order } from '../../src/entities/orders.entity.ts';
import { WebhookEndpoint } from '../../src/entities/webhooks.entity.ts';
import { judgeWaiting } from '../../src/workers/judge-alerts.ts';
import { newPerson } from '../support/api/accounts.ts';
import { alertsOf, openAlertApi } from '../support/api/alerts.ts';
import { makeKey } from '../support/api/personas.ts';
import { problemOf } from '../support/api/problem-of.ts';
import type { TestApi } from '../support/api/test-api.ts';
import { storePrices } from '../support/load/store-prices.ts';

let api: TestApi;
let alerts: Awaited<ReturnType<typeof alertsOf>>;
beforeAll(async () => {
  api = await openAlertApi();
  alerts = await alertsOf(api);
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();

describe('the order that an alert carries', () => {
  const carried = { products: [1, 2], max_total: 100 };
  const ordersOf = (user: number) => em().find(Order, { user });

  it('is placed once, with the first firing, for what it costs then', async () => {
    const buyer = await newPerson(api);
    const alert = await alerts.make({ symbol: 'NVDA', above: 10, once: false, order: carried }, buyer);
    expect(alert['order']).toMatchObject({ currency: 'USD', max_total: 100 });
    await alerts.prices('NVDA', 11, 9, 12);
    await alerts.judge();
    const [order, ...others] = await ordersOf(buyer.id);
    expect(others).toEqual([]);
    expect(order).toMatchObject({ totalMinor: 10_000, currency: 'USD' });
    const shown = await alerts.look(alert.id, buyer);
    expect(shown.fired.toReversed()).toMatchObject([
      { order: { status: 'placed', order_id: order?.id } },
      { order: null },
    ]);
    expect((await alerts.told(alert.id)).map((one) => one['order'] ?? null)).toEqual(
      expect.arrayContaining([expect.objectContaining({ status: 'placed', order_id: order?.id }), null]),
    );
  });

  it('is one, however many set about it at once', async () => {
    const buyer = await newPerson(api);
    await buyer.send('POST', '/market/alerts', { symbol: 'NVDA', above: 1, order: carried });
    await storePrices(api.ctx.transaction, [{ symbol: 'NVDA', price: 11, asOf: new Date() }]);
    await api.ctx.events.relay.idle();
    await Promise.all(Array.from({ length: 8 }, () => judgeWaiting(api.ctx)));
    // As if nobody knew that it was: the firing itself is the guard.
    await em().nativeUpdate(AlertFiring, { userId: buyer.id }, { dueAt: new Date(0) });
    await Promise.all(Array.from({ length: 8 }, () => judgeWaiting(api.ctx)));
    expect(await ordersOf(buyer.id)).toHaveLength(1);
  });

  it('is placed at once, whatever clock the process has that judges', async () => {
    const buyer = await newPerson(api);
    await buyer.send('POST', '/market/alerts', { symbol: 'NVDA', above: 1, order: carried });
    await storePrices(api.ctx.transaction, [{ symbol: 'NVDA', price: 11, asOf: new Date() }]);
    await api.ctx.events.relay.idle();
    const ahead = { ...api.ctx, now: () => new Date(Date.now() + 3_600_000) };
    await judgeWaiting(ahead);
    expect(await ordersOf(buyer.id)).toHaveLength(1);
  });

  it('is placed also when it was due by a clock of MySQL’s that was ahead', async () => {
    const buyer = await newPerson(api);
    await alerts.make({ symbol: 'NVDA', above: 1, order: carried }, buyer);
    await storePrices(api.ctx.transaction, [{ symbol: 'NVDA', price: 11, asOf: new Date() }]);
    await api.ctx.events.relay.idle();
    await judgePrices(api.ctx, await lookForPrices(em()));
    await em().nativeUpdate(AlertFiring, { userId: buyer.id }, { dueAt: new Date(Date.now() + 3_600_000) });
    expect(await lookForPrices(em())).toMatchObject({ isDue: true });
    await judgeWaiting(api.ctx);
    expect(await ordersOf(buyer.id)).toHaveLength(1);
  });

  it('waits for no longer look than the others do where it is one of many, and no alert is left', async () => {
    await em().nativeUpdate(PriceAlert, { endedAt: null }, { endedAt: new Date() });
    const past = new Date(0);
    const fired = { userId: 1, position: 1, price: 11, asOf: past, firedAt: past, orderState: 'waiting' } as const;
    const many = Array.from({ length: 101 }, () => ({ ...fired, alert: randomUUIDv7(), number: 1, dueAt: past }));
    await em().insertMany(AlertFiring, many);
    expect(await judgeWaiting(api.ctx)).toBe(true);
    expect(await em().count(AlertFiring, { dueAt: past })).toBe(1);
    await judgeWaiting(api.ctx);
    expect(await judgeWaiting(api.ctx)).toBe(false);
  });

  it.each([
    ['dearer than allowed', { products: [1, 2], max_total: 99.99 }, undefined, 'above_max_total'],
    [
      'out of stock',
      { products: [3], max_total: 50 },
      () => em().nativeUpdate(Product, { id: 3 }, { stock: 0 }),
      'out_of_stock',
    ],
    [
      'no longer for sale',
      { products: [3], max_total: 50 },
      () => em().nativeUpdate(Product, { id: 3 }, { deletedAt: new Date() }),
      'unknown_product',
    ],
    [
      'of somebody who has left',
      carried,
      (id: number) => em().nativeUpdate(User, { id }, { deletedAt: new Date() }),
      'not_found',
    ],
  ])('%s is not placed, and the firing says why', async (_, order, happens, code) => {
    if (!(await em().findOne(Product, 3)))
      await em().insert(Product, { id: 3, title: 'A thing', priceMinor: 100, currency: 'USD', stock: 5 });
    const buyer = await newPerson(api);
    const { id } = await alerts.make({ symbol: 'NVDA', above: 1, order }, buyer);
    // What happens does so when it has fired, and nobody has placed the order.
    await storePrices(api.ctx.transaction, [{ symbol: 'NVDA', price: 20, asOf: new Date() }]);
    await api.ctx.events.relay.idle();
    await judgePrices(api.ctx, await lookForPrices(em()));
    await happens?.(buyer.id);
    await alerts.judge();
    expect(await ordersOf(buyer.id)).toEqual([]);
    const firing = await em().findOneOrFail(AlertFiring, { alert: id, number: 1 });
    expect(firing).toMatchObject({ orderState: 'refused', orderCode: code, orderId: null, dueAt: null });
    expect(await alerts.told(id)).toMatchObject([{ order: { status: 'refused', code, order_id: null } }]);
  });

  it('needs more of a key than an alert does', async () => {
    const send = async (scopes: readonly Scope[], body: object) => {
      const { key } = await makeKey(api, alerts.person.id, scopes);
      return api.send('POST', '/market/alerts', { headers: { authorization: `Bearer ${key}` }, body });
    };
    const body = { symbol: 'AAPL', above: 1_000 };
    expect((await send(['alerts:write'], body)).status).toBe(201);
    expect(await problemOf(await send(['alerts:write'], { ...body, order: carried }))).toMatchObject({
      code: 'insufficient_scope',
    });
    expect((await send(['alerts:write', 'orders:write'], { ...body, order: carried })).status).toBe(201);
  });

  it('and the address of a webhook, with its secret, needs more of a key as well; the id of one does not', async () => {
    const send = async (scopes: readonly Scope[], webhook: string) => {
      const { key } = await makeKey(api, alerts.person.id, scopes);
      const body = { symbol: 'AAPL', above: 1_000, webhook };
      return api.send('POST', '/market/alerts', { headers: { authorization: `Bearer ${key}` }, body });
    };
    const address = 'https://shop.example.com/alerts';
    const refused = await send(['alerts:write'], address);
    expect(refused.headers.get('www-authenticate')).toContain('webhooks:write');
    expect(await problemOf(refused)).toMatchObject({ status: 403, code: 'insufficient_scope' });
    expect(await em().count(WebhookEndpoint, { userId: alerts.person.id })).toBe(0);
    const made = await send(['alerts:write', 'webhooks:write'], address);
    const { webhook } = z.object({ webhook: z.string() }).parse(await made.json());
    expect((await send(['alerts:write'], webhook)).status).toBe(201);
  });
});
