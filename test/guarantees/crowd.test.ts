import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Order } from '../../src/entities/order.entity.ts';
import { Payment } from '../../src/entities/payment.entity.ts';
import { Product } from '../../src/entities/product.entity.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { accounts, Granted } from '../test-context.ts';

// Orders that name no method wait for `/pay`.
const env = { PAYMENT_DEFAULT_METHOD: '' };
const card = { payment_method: 'pm_card_visa' };

let platform: Platform;
let token: string;
beforeAll(async () => {
  platform = await startPlatform({ apis: 2, workers: 2, env });
  const login = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(accounts.demo),
  };
  token = Granted.parse(await (await fetch(`${platform.url}/auth/login`, login)).json()).access_token;
});
afterAll(() => platform.stop());

const OrderId = z.object({ id: z.string() });
/** Sends a write to one API or the other, in turn. */
const post = (index: number, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${platform.urls[index % 2]}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });
const place = async (index: number, body: object) =>
  OrderId.parse(await (await post(index, '/orders', body)).json()).id;
const em = () => platform.orm.em.fork();
const untilPaid = (ids: readonly string[]) =>
  until('all paid', 20_000, async () =>
    (await em().count(Order, { id: { $in: [...ids] }, status: 'paid' })) === ids.length ? true : undefined,
  );
const chargesOf = async (ids: readonly string[]) =>
  (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '').filter((id) => ids.includes(id));

test('of 200 buyers for 50 pieces exactly 50 buy, and each pays once', async () => {
  const row = { title: 'Last Fifty', priceMinor: 500, currency: 'USD', stock: 50 };
  const product = await em().insert(Product, row);
  const body = { items: [{ product_id: product, quantity: 1 }], ...card };
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => post(index, '/orders', body)));
  const sold = answers.filter(({ status }) => status === 201);
  expect(sold).toHaveLength(50);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(150);
  expect((await em().findOneOrFail(Product, product)).stock).toBe(0);
  const ids = await Promise.all(sold.map(async (answer) => OrderId.parse(await answer.json()).id));
  await untilPaid(ids);
  expect((await chargesOf(ids)).toSorted()).toEqual(ids.toSorted());
});

test('20 double clicks on /pay, over two APIs, charge each order once', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => place(index, { products: [1] })));
  const clicks = await Promise.all(ids.flatMap((id) => [0, 1].map((index) => post(index, `/orders/${id}/pay`, card))));
  expect(clicks.filter(({ status }) => status === 200)).toHaveLength(20);
  await untilPaid(ids);
  expect((await chargesOf(ids)).toSorted()).toEqual(ids.toSorted());
  expect(await em().count(Payment, { order: { $in: ids } })).toBe(20);
});

test('8 payments at once, and the worker that makes them killed, over and over: each order charged once', async () => {
  await platform.sandbox.fault({ target: 'stripe', kind: 'slow', ms: 150 });
  const all: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => place(index, { products: [1] })));
    const asked = (await platform.sandbox.arrivals('stripe')).length;
    await Promise.all(ids.map((id, index) => post(index, `/orders/${id}/pay`, card)));
    await until('the gateway is asked', 5_000, async () =>
      (await platform.sandbox.arrivals('stripe')).length > asked ? true : undefined,
    );
    await platform.workers.shift()?.signal('SIGKILL');
    await platform.startWorker();
    all.push(...ids);
  }
  await untilPaid(all);
  await platform.sandbox.clearFaults();
  expect((await chargesOf(all)).toSorted()).toEqual(all.toSorted());
}, 60_000);

test('40 keys with 5 copies each over two APIs: one order a key, the same bytes', async () => {
  const before = await em().count(Order);
  const texts = await Promise.all(
    Array.from({ length: 40 }, async (_, key) => {
      const headers = { 'idempotency-key': `crowd-${key}` };
      const copies = Array.from({ length: 5 }, (_none, index) => post(index, '/orders', { products: [2] }, headers));
      const answers = await Promise.all(copies);
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      return new Set(await Promise.all(answers.map((answer) => answer.text())));
    }),
  );
  expect(texts.map(({ size }) => size)).toEqual(texts.map(() => 1));
  expect(await em().count(Order)).toBe(before + 40);
});
