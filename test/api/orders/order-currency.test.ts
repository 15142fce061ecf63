import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ForexRate } from '../../../src/entities/market.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
let lamp: number;
let bowl: number;
beforeAll(async () => {
  api = await openTestApi();
  const em = api.ctx.orm.em.fork();
  const of = { stock: null, source: 'local' as const };
  lamp = Number(await em.insert(Product, { ...of, title: 'Lamp', priceMinor: 999, currency: 'EUR' }));
  bowl = Number(await em.insert(Product, { ...of, title: 'Bowl', priceMinor: 1_500, currency: 'JPY' }));
});
afterAll(() => api.close());
beforeEach(() => api.ctx.orm.em.fork().nativeDelete(ForexRate, {}));

const dayMs = 86_400_000;
const publish = async (base: string, rates: Record<string, string>, ageMs = dayMs, source = 'ecb') => {
  const asOf = new Date(Date.now() - ageMs);
  const row = { base, publication: `${source}-${ageMs}`, rates, asOf, observedAt: asOf, source };
  await api.ctx.orm.em.fork().insert(ForexRate, row);
  return asOf.toISOString();
};
const euros = { EUR: '1', USD: '1.1684', JPY: '186.75' };
const Order = z.looseObject({ id: z.string(), items: z.array(z.looseObject({})) });
const order = (body: object) => api.send('POST', '/orders', { as: 'demo', body });
const ordered = async (body: object) => {
  const answer = await order(body);
  expect(answer.status).toBe(201);
  return Order.parse(await answer.json());
};

describe('an order in another currency', () => {
  it('is converted line by line at the newest stored rate, and keeps it', async () => {
    await publish('EUR', { ...euros, USD: '2' }, 2 * dayMs);
    const asOf = await publish('EUR', euros);
    const placed = await ordered({
      items: [
        { product_id: 1, quantity: 3 },
        { product_id: 2, quantity: 1 },
      ],
      currency: 'eur',
    });
    // 180.00 and 40.00 USD at 0.85587128.
    expect(placed).toMatchObject({
      currency: 'EUR',
      total_amount: 188.29,
      fx_rate: 0.85587128,
      fx_source: 'ecb',
      fx_as_of: asOf,
      items: [
        { unit_price: 51.35, line_total: 154.06, fx_rate: 0.85587128 },
        { unit_price: 34.23, line_total: 34.23 },
      ],
    });
    // As it is stored.
    expect(await (await api.send('GET', `/orders/${placed.id}`, { as: 'demo' })).json()).toMatchObject({
      total_amount: 188.29,
      fx_rate: 0.85587128,
      fx_as_of: asOf,
      payment: { status: 'processing' },
    });
  });

  it('takes the rates of the currency itself when they are newer', async () => {
    await publish('EUR', euros);
    await publish('USD', { EUR: '0.9' }, 1_000, 'finnhub');
    expect(await ordered({ products: [1], currency: 'EUR' })).toMatchObject({ total_amount: 54, fx_source: 'finnhub' });
  });

  it('needs none for what is priced in it, and none at all in the products’ own', async () => {
    await publish('EUR', euros);
    const mixed = await ordered({ products: [1, lamp], currency: 'EUR' });
    expect(mixed).toMatchObject({ total_amount: 61.34, fx_rate: 0.85587128 });
    expect(mixed.items[1]).not.toHaveProperty('fx_rate');
    expect(await ordered({ products: [1], currency: 'USD' })).toMatchObject({
      fx_rate: null,
      fx_source: null,
      fx_as_of: null,
    });
  });

  it('of several has a rate on each line, and no single one', async () => {
    await publish('EUR', euros);
    const placed = await ordered({ products: [lamp, bowl], currency: 'USD', total_amount: 21.05 });
    expect(placed).toMatchObject({
      fx_rate: null,
      fx_source: 'ecb',
      items: [{ fx_rate: 1.1684 }, { fx_rate: 0.0062564926 }],
    });
  });

  it('is checked against a total in that currency', async () => {
    await publish('EUR', euros);
    const refused = await order({ products: [1, 2], currency: 'EUR', total_amount: 100 });
    expect(refused.status).toBe(422);
    expect(await problemOf(refused)).toMatchObject({
      code: 'total_mismatch',
      detail: expect.stringContaining('85.58 EUR'),
    });
  });

  it('stays in it when its items change', async () => {
    await publish('EUR', euros);
    const { id } = await ordered({ products: [1], currency: 'EUR' });
    const changed = await api.send('PATCH', `/orders/${id}`, { as: 'demo', body: { products: [2] } });
    expect(await changed.json()).toMatchObject({ currency: 'EUR', total_amount: 34.23, fx_rate: 0.85587128 });
  });

  it('of products of different currencies must name one', async () => {
    await publish('EUR', euros);
    const refused = await order({ products: [1, lamp] });
    expect(refused.status).toBe(422);
    expect(await pointersOf(refused)).toEqual(['/currency']);
  });

  it('is refused without a rate, or with one that is too old, and leaves nothing behind', async () => {
    const before = await count();
    expect(await problemOf(await order({ products: [1], currency: 'EUR' }))).toMatchObject({
      code: 'fx_rate_unavailable',
      status: 503,
    });
    await publish('EUR', euros, 6 * dayMs + 1_000);
    const tooOld = await order({ products: [1], currency: 'EUR' });
    expect(tooOld.headers.get('retry-after')).toBe('60');
    expect(await problemOf(tooOld)).toMatchObject({ code: 'fx_rate_unavailable' });
    await publish('EUR', euros, 6 * dayMs - 60_000);
    expect(await count()).toBe(before);
    expect((await order({ products: [1], currency: 'EUR' })).status).toBe(201);
  });

  it('is refused for good when no source has its currency, or the products’', async () => {
    await publish('EUR', euros);
    await publish('USD', { EUR: '0.9' }, 1_000, 'finnhub');
    const before = await count();
    const dinar = Number(
      await api.ctx.orm.em.fork().insert(Product, { title: 'Dates', priceMinor: 5_000, currency: 'TND', stock: null }),
    );
    for (const body of [
      { products: [1], currency: 'CHF' },
      { products: [dinar], currency: 'USD' },
    ]) {
      const refused = await order(body);
      expect(refused.status).toBe(422);
      expect(await problemOf(refused)).toMatchObject({
        code: 'currency_unavailable',
        errors: [{ pointer: '/currency', detail: expect.any(String) }],
      });
    }
    expect(await count()).toBe(before);
  });

  it('waits for the central bank’s rates when those alone may have its currency', async () => {
    await publish('USD', { EUR: '0.9' }, 1_000, 'finnhub');
    expect(await problemOf(await order({ products: [1], currency: 'CHF' }))).toMatchObject({
      code: 'fx_rate_unavailable',
    });
  });

  const count = async () =>
    z
      .object({ data: z.array(z.unknown()) })
      .parse(await (await api.send('GET', '/orders?limit=100', { as: 'demo' })).json()).data.length;
});
