import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OrderView } from '../../src/api/orders/order-view.ts';
import { ProductView } from '../../src/api/catalog/product-view.ts';
import { ForexRate } from '../../src/entities/market.entity.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { pointersOf, problemOf } from '../support/api/problem-of.ts';
import { currencies, isoDecimals, stripeDecimals, unitless, written } from '../support/recorded-currencies.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';
import { openShop, type Shop } from '../support/api/shop.ts';

let sandbox: Sandbox;
let shop: Shop;
beforeAll(async () => {
  sandbox = await startSandbox();
  shop = await openShop({ STRIPE_SECRET_KEY: 'sk_test_money', STRIPE_API_BASE: sandbox.urls.stripe });
  const any = Object.fromEntries(currencies.map((code, at) => [code, `${at + 1}.0137`]));
  const rates = { ...any, EUR: '1', USD: '1.1684', IDR: '20082.05' };
  const asOf = new Date();
  const row = { base: 'EUR', publication: 'ecb-every', rates, asOf, observedAt: asOf, source: 'ecb' };
  await shop.ctx.orm.em.fork().insert(ForexRate, row);
});
afterAll(async () => {
  await shop.close();
  await sandbox.stop();
});

const order = (body: object) =>
  shop.send('POST', '/orders', { as: 'demo', body: { payment_method: 'pm_card_visa', ...body } });
const sell = (body: object) => shop.send('POST', '/products', { as: 'admin', body: { title: 'Any', ...body } });
const stored = async (priceMinor: number, currency: string) =>
  Number(await shop.ctx.orm.em.fork().insert(Product, { title: 'Any', priceMinor, currency, stock: null }));
const refusedAmounts = ['amount_not_chargeable', 'invalid'];

describe('in every currency of the standard', () => {
  it('what the gateway took is the order’s total, or nothing: the order, or its currency, was refused', async () => {
    const asked: { id: string; currency: string; total: string }[] = [];
    const untaken: string[] = [];
    const take = async (currency: string, body: object) => {
      const answer = await order(body);
      if (answer.status !== 201) return expect(refusedAmounts).toContain((await problemOf(answer)).code);
      const { id, total_amount } = OrderView.parse(await answer.json());
      const status = await shop.charge(id, {});
      // Which currencies it takes at all is the gateway's to say; which amounts is known before they are sold.
      if (status !== 'succeeded') {
        expect((await shop.payments(id))[0]?.failureCode).toBe('invalid_currency');
        return untaken.push(id);
      }
      return asked.push({ id, currency, total: String(total_amount) });
    };
    const [prices] = fc.sample(
      fc.array(fc.integer({ min: 1, max: 20_000_000 }), { minLength: currencies.length, maxLength: currencies.length }),
      1,
    );
    for (const [at, currency] of currencies.entries()) {
      const price = Number(written(prices?.[at] ?? 1, isoDecimals(currency)));
      const made = await sell({ price, currency });
      if (made.status === 201)
        await take(currency, {
          items: [{ product_id: ProductView.parse(await made.json()).id, quantity: 1 + (at % 7) }],
        });
      else expect(refusedAmounts).toContain((await problemOf(made)).code);
      await take(currency, { items: [{ product_id: 1, quantity: 1 + (at % 5) }], currency });
    }
    expect(asked.length).toBeGreaterThan(currencies.length);
    const ledger = await sandbox.ledger();
    expect(untaken).not.toEqual([]);
    expect(ledger.filter(({ order_id }) => untaken.includes(order_id ?? ''))).toEqual([]);
    for (const { id, currency, total } of asked) {
      const taken = ledger.filter(({ order_id }) => order_id === id);
      const said = taken.map(({ amount }) => `${currency} ${written(amount, stripeDecimals(currency))}`);
      expect(said).toEqual([`${currency} ${total}`]);
      expect(taken[0]?.currency).toBe(currency.toLowerCase());
    }
  });

  it.each([
    ['IDR', 9_999_999_999.99],
    ['COP', 99_999_999.99],
    ['INR', 9_999_999.99],
    ['USD', 999_999.99],
  ])('%s: the largest charge of the documentation is sold and taken', async (currency, price) => {
    const { id: product } = ProductView.parse(await (await sell({ price, currency })).json());
    const placed = await order({ products: [product] });
    expect(placed.status).toBe(201);
    const { id, total_amount } = OrderView.parse(await placed.json());
    expect(total_amount).toBe(price);
    expect(await shop.charge(id, {})).toBe('succeeded');
    const taken = (await sandbox.ledger()).filter(({ order_id }) => order_id === id);
    expect(taken.map(({ amount }) => written(amount, stripeDecimals(currency)))).toEqual([String(price)]);
  });

  it('an ordinary order is paid also in a currency of which a dollar buys thousands', async () => {
    const placed = await order({ items: [{ product_id: 1, quantity: 1 }], currency: 'IDR' });
    expect(placed.status).toBe(201);
    const { id, total_amount } = OrderView.parse(await placed.json());
    expect(total_amount).toBeGreaterThan(1_000_000);
    expect(await shop.charge(id, {})).toBe('succeeded');
    const taken = (await sandbox.ledger()).filter(({ order_id }) => order_id === id);
    expect(taken.map(({ amount }) => written(amount, stripeDecimals('IDR')))).toEqual([String(total_amount)]);
  });

  it.each([
    ['HUF', 189.25],
    ['ISK', 4_200],
    ['MGA', 8_000],
    ['KWD', 1.25],
  ])('%s: a refund of a part and of the rest gives back what was paid', async (currency, price) => {
    const { id: product } = ProductView.parse(await (await sell({ price, currency })).json());
    const { id } = OrderView.parse(await (await order({ products: [product, product] })).json());
    expect(await shop.charge(id, {})).toBe('succeeded');
    for (const body of [{ amount: price }, {}]) {
      expect((await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body })).status).toBe(202);
      await shop.refund(id, {});
    }
    const back = (await sandbox.ledger()).filter(({ order_id, type }) => order_id === id && type === 'refund');
    expect(back.map(({ amount }) => written(amount, stripeDecimals(currency)))).toEqual([String(price), String(price)]);
    expect(await shop.read(id)).toMatchObject({ status: 'refunded', refunded_amount: 2 * price });
  });
});

describe('an amount that the gateway never takes is refused where it is named', () => {
  it.each([
    ['MGA', 8_000.5],
    ['KWD', 1.234],
    ['IQD', 100.001],
    ['USD', 1_000_000],
    ['TRY', 1_000_000],
    ['IDR', 10_000_000_000],
    ['COP', 100_000_000],
    ['INR', 10_000_000],
  ])('as a price: %s %d', async (currency, price) => {
    const refused = await sell({ price, currency });
    expect(refused.status).toBe(422);
    expect(await pointersOf(refused)).toEqual(['/price']);
    const { id } = ProductView.parse(await (await sell({ price: 500, currency })).json());
    const changed = await shop.send('PATCH', `/products/${id}`, { as: 'admin', body: { price } });
    expect([changed.status, (await problemOf(changed)).code]).toEqual([422, 'amount_not_chargeable']);
  });

  it.each([
    ['less than the smallest charge', 'USD', 49, 1],
    ['less than the smallest charge', 'HUF', 17_499, 1],
    ['less than the smallest charge', 'AUD', 30, 1],
    ['less than the smallest charge', 'KRW', 49, 1],
    ['less than the smallest charge', 'ZAR', 49, 1],
    ['nothing at all', 'USD', 0, 1],
    ['more than the largest', 'USD', 99_999_999, 2],
    ['more than the largest', 'IDR', 500_000_000_000, 2],
    ['more than the largest', 'INR', 333_333_334, 3],
    ['a last digit', 'KWD', 1_001, 1],
    ['parts of the unit', 'MGA', 50, 1],
  ])('as a total: %s of %s', async (_why, currency, priceMinor, quantity) => {
    const product_id = await stored(priceMinor, currency);
    const items = [{ product_id, quantity }];
    const refused = await order({ items });
    expect(refused.status).toBe(422);
    expect(await problemOf(refused)).toMatchObject({ code: 'amount_not_chargeable' });
    const { id } = OrderView.parse(await (await order({ products: [1], payment_method: undefined })).json());
    const changed = await shop.send('PATCH', `/orders/${id}`, { as: 'demo', body: { items } });
    expect([changed.status, (await problemOf(changed)).code]).toEqual([422, 'amount_not_chargeable']);
  });

  it('as a refund', async () => {
    const { id: product } = ProductView.parse(await (await sell({ price: 1.25, currency: 'KWD' })).json());
    const { id } = OrderView.parse(await (await order({ products: [product] })).json());
    await shop.charge(id, {});
    const refused = await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body: { amount: 0.001 } });
    expect(refused.status).toBe(422);
    expect(await pointersOf(refused)).toEqual(['/amount']);
  });

  it('but what numbers cannot count is refused whoever takes the money', async () => {
    const instant = await openShop({ PAYMENT_GATEWAY: 'instant' });
    try {
      const em = instant.ctx.orm.em.fork();
      const priceMinor = Number.MAX_SAFE_INTEGER;
      const product_id = Number(await em.insert(Product, { title: 'Old', priceMinor, currency: 'USD', stock: null }));
      const body = { items: [{ product_id, quantity: 1_000 }] };
      expect((await instant.send('POST', '/orders', { as: 'demo', body })).status).toBe(422);
      const rates = { EUR: '1', USD: '0.00000001', UYW: '900000' };
      const at = new Date();
      const row = { base: 'EUR', publication: 'ecb-odd', rates, asOf: at, observedAt: at, source: 'ecb' };
      await em.insert(ForexRate, row);
      const odd = { items: [{ product_id: 1, quantity: 1_000 }], currency: 'UYW' };
      expect((await instant.send('POST', '/orders', { as: 'demo', body: odd })).status).toBe(422);
      const penny = await instant.send('POST', '/products', {
        as: 'admin',
        body: { title: 'Pin', price: 1.234, currency: 'KWD' },
      });
      expect(penny.status).toBe(201);
    } finally {
      await instant.close();
    }
  });
});

const Named = z.object({ errors: z.array(z.object({ pointer: z.string() })) });

describe('what is no currency is refused at every entrance', () => {
  it.each([...unitless, 'BTC', 'ZZZ', 'u\u017Fd', '\u0131dr', '\uFF55\uFF53\uFF44'])('%s', async (currency) => {
    const { id } = OrderView.parse(await (await order({ products: [1], payment_method: undefined })).json());
    const answers = [
      await order({ products: [1], currency }),
      await shop.send('PATCH', `/orders/${id}`, { as: 'demo', body: { products: [1], currency } }),
      await sell({ price: 5, currency }),
      await shop.send('PATCH', '/products/1', { as: 'admin', body: { price: 5, currency } }),
      await shop.send('GET', `/market/forex?base=${encodeURIComponent(currency)}`),
      await shop.send('GET', `/market/forex/history?base=${encodeURIComponent(currency)}`),
      await shop.send('GET', `/orders?currency=${encodeURIComponent(currency)}`, { as: 'demo' }),
    ];
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual(answers.map(() => 422));
    expect(Named.parse(await answers[0]?.json()).errors[0]?.pointer).toBe('/currency');
  });
});
