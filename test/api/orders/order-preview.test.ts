import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { ForexRate } from '../../../src/entities/market.entity.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { queriesOf } from '../../support/stores/statements.ts';

const Shown = z.looseObject({ items: z.array(z.looseObject({})), total_amount: z.number() });

let api: TestApi;
let few: number;
let euros: number;
beforeAll(async () => {
  api = await openTestApi();
  const em = api.ctx.orm.em.fork();
  few = await em.insert(Product, { title: 'Lamp', priceMinor: 1_000, currency: 'USD', stock: 3 });
  euros = await em.insert(Product, { title: 'Tasse', priceMinor: 500, currency: 'EUR', stock: null });
  const asOf = new Date();
  const rates = { USD: '1.25', GBP: '0.85' };
  await em.insert(ForexRate, { base: 'EUR', publication: 'ecb-now', rates, asOf, observedAt: asOf, source: 'ecb' });
});
afterAll(() => api.close());

const preview = (body: object, as: 'demo' | 'admin' = 'demo') => api.send('POST', '/orders/preview', { as, body });
const place = (body: object, as: 'demo' | 'admin' = 'demo') => api.send('POST', '/orders', { as, body });

describe('POST /orders/preview', () => {
  // First of all, while no order has been placed: what a process sends on of orders is heard here too.
  it('writes nothing', async () => {
    // Who calls is known by now: logging in is no part of it.
    await preview({ products: [1] });
    const said = await queriesOf(async () => {
      expect((await preview({ products: [euros, few], currency: 'USD' })).status).toBe(200);
      expect((await preview({ items: [{ product_id: few, quantity: 900 }] })).status).toBe(409);
    });
    expect(said.length).toBeGreaterThan(1);
    expect(said.filter((one) => !/^select\b/i.test(one) || /\bfor update\b/i.test(one))).toEqual([]);
  });

  it.each([
    ['products', () => ({ products: [1, 2, 1], total_amount: 160 })],
    ['counted products', () => ({ items: [{ product_id: few, quantity: 2 }] })],
    ['another currency', () => ({ products: [euros, 1], currency: 'GBP', payment_method: 'pm_card_visa' })],
  ])('says of %s what the order is then', async (_, body) => {
    const shown = Shown.parse(await (await preview(body())).json());
    const placed = Shown.parse(await (await place(body())).json());
    const { items, payment_method: method, ...rest } = shown;
    expect(placed).toMatchObject(rest);
    expect(items.map(({ stock: _stock, ...item }) => item)).toEqual(placed.items);
    expect(placed).toMatchObject({ payment: { method } });
  });

  it('shows what is left, and holds nothing of it', async () => {
    const body = { items: [{ product_id: few, quantity: 1 }] };
    for (let round = 0; round < 3; round += 1)
      expect(await (await preview(body)).json()).toMatchObject({ items: [{ stock: 1 }], total_amount: 10 });
  });

  it.each([
    ['unknown_product', () => ({ products: [1, 4_000_000, 4_000_000] })],
    ['total_mismatch', () => ({ products: [1], total_amount: 1 })],
    ['currency_required', () => ({ products: [1, euros] })],
    ['currency_unavailable', () => ({ products: [1], currency: 'KPW' })],
    ['out_of_stock', () => ({ items: [{ product_id: few, quantity: 9 }] })],
    ['forbidden', () => ({ user_id: 2, products: [1] })],
    ['invalid', () => ({ products: [1], items: [{ product_id: 1, quantity: 1 }] })],
    ['invalid', () => ({})],
    ['invalid', () => ({ products: [1], colour: 'red' })],
  ])('is refused as the order would be: %s', async (code, body) => {
    const { request_id: _one, ...refused } = await problemOf(await preview(body()));
    const { request_id: _other, ...placing } = await problemOf(await place(body()));
    expect(refused).toEqual(placing);
    expect(refused.code).toBe(code);
  });

  it('is for who is logged in; for somebody else, for administrators', async () => {
    expect(await problemOf(await api.send('POST', '/orders/preview', { body: {} }))).toMatchObject({ status: 401 });
    expect(await (await preview({ user_id: 1, products: [1] }, 'admin')).json()).toMatchObject({ user_id: 1 });
    expect(await problemOf(await preview({ user_id: 999, products: [1] }, 'admin'))).toMatchObject({ code: 'invalid' });
  });
});
