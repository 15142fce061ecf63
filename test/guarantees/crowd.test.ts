import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../src/entities/orders.entity.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { until } from '../support/processes/process.ts';
import { type Crowd, card, OrderId, openCrowd } from '../support/load/crowd.ts';

let crowd: Crowd;
beforeAll(async () => {
  crowd = await openCrowd();
});
afterAll(() => crowd.platform.stop());

test('of 200 buyers for 50 pieces exactly 50 buy, and each pays once', async () => {
  const row = { title: 'Last Fifty', priceMinor: 500, currency: 'USD', stock: 50 };
  const product = await crowd.em().insert(Product, row);
  const body = { items: [{ product_id: product, quantity: 1 }], ...card };
  // Who is sent away while the database keeps people waiting comes again; the order may have been placed all the same.
  const buy = (index: number) =>
    until('a decision', async () => {
      const answer = await crowd.post(index, '/orders', body, { 'idempotency-key': `last-fifty-${index}` });
      return answer.status === 503 ? undefined : answer;
    });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => buy(index)));
  const sold = answers.filter(({ status }) => status === 201);
  expect(sold).toHaveLength(50);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(150);
  expect((await crowd.em().findOneOrFail(Product, product)).stock).toBe(0);
  const ids = await Promise.all(sold.map(async (answer) => OrderId.parse(await answer.json()).id));
  await crowd.expectChargedOnce(ids);
});

test('20 double clicks on /pay, over two APIs, charge each order once', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => crowd.place(index, { products: [1] })));
  const clicks = await Promise.all(
    ids.flatMap((id) => [0, 1].map((index) => crowd.post(index, `/orders/${id}/pay`, card))),
  );
  expect(clicks.filter(({ status }) => status === 200)).toHaveLength(20);
  await crowd.expectChargedOnce(ids);
});

test('200 keys with 5 copies each over two APIs: one order a key, the same bytes', async () => {
  const before = await crowd.em().count(Order);
  const keys = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);
  const askFive = async (key: string) => {
    const headers = { 'idempotency-key': key };
    const copies = Array.from({ length: 5 }, (_none, index) =>
      crowd.post(index, '/orders', { products: [2] }, headers),
    );
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
  expect(await crowd.em().count(Order)).toBe(before + 200);
  const other = await crowd.post(0, '/orders', { products: [1] }, { 'idempotency-key': 'crowd-0' });
  expect(other.status).toBe(422);
});
