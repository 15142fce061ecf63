import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Order } from '../../src/entities/order.entity.ts';
import { Payment } from '../../src/entities/payment.entity.ts';
import { Product } from '../../src/entities/product.entity.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { accounts, Granted } from '../test-context.ts';
import { payAtOnce, payStaggered } from './killed-workers.ts';

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
  // Who is sent away while the database keeps people waiting comes again; the order may have been placed all the same.
  const buy = (index: number) =>
    until('a decision', 20_000, async () => {
      const answer = await post(index, '/orders', body, { 'idempotency-key': `last-fifty-${index}` });
      return answer.status === 503 ? undefined : answer;
    });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => buy(index)));
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
  await expectChargedOnce(ids);
});

// Ten each in `npm run chaos`.
const kills = Number(process.env['WORKERS_KILLED'] ?? 2);

/** Every order is paid, and charged once, and no charge is anybody else's. */
const expectChargedOnce = async (ids: readonly string[]) => {
  await untilPaid(ids);
  expect((await chargesOf(ids)).toSorted()).toEqual(ids.toSorted());
  expect(await em().count(Payment, { order: { $in: [...ids] } })).toBe(ids.length);
};

test('8 payments at once, and a worker that makes them killed, over and over: each order charged once', async () => {
  const place1 = (index: number) => place(index, { products: [1] });
  await expectChargedOnce(await payAtOnce(platform, kills, place1, (id) => post(0, `/orders/${id}/pay`, card)));
}, 90_000);

test('orders one after the other at a gateway that takes 150 ms, and workers killed: each charged once', async () => {
  const ids = await payStaggered(platform, kills, (index) => place(index, { products: [1], ...card }));
  expect(ids.length).toBeGreaterThanOrEqual(3 * kills);
  await expectChargedOnce(ids);
}, 90_000);

test('200 keys with 5 copies each over two APIs: one order a key, the same bytes', async () => {
  const before = await em().count(Order);
  const keys = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);
  const askFive = async (key: string) => {
    const headers = { 'idempotency-key': key };
    const copies = Array.from({ length: 5 }, (_none, index) => post(index, '/orders', { products: [2] }, headers));
    const answers = await Promise.all(copies);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    return new Set(await Promise.all(answers.map((answer) => answer.text()))).size;
  };
  // As many at once as are let in: a crowd that must wait a second for the database is told to come again.
  const waiting = [...keys];
  const buyer = async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) expect(await askFive(key)).toBe(1);
  };
  await Promise.all(Array.from({ length: 25 }, buyer));
  expect(await em().count(Order)).toBe(before + 200);
  const other = await post(0, '/orders', { products: [1] }, { 'idempotency-key': 'crowd-0' });
  expect(other.status).toBe(422);
});
