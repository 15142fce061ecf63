import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const get = async (url: string): Promise<unknown> => (await fetch(url)).json();

test('the product feed is a bare array of twenty, prices as the original mixes them', async () => {
  const Product = z.strictObject({
    id: z.int(),
    title: z.string(),
    price: z.number(),
    description: z.string(),
    category: z.string(),
    image: z.url(),
    rating: z.strictObject({ rate: z.number(), count: z.int() }),
  });
  const products = z.array(Product).parse(await get(sandbox.urls.products));
  expect(products.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, place) => place + 1));
  expect(products[4]?.price).toBe(695);
  expect(await get(`${sandbox.urls.products}/3`)).toEqual(products[2]);
  expect(await get(`${sandbox.urls.products}/999`)).toBeNull();
  expect(await get(`${sandbox.urls.products}/category/${encodeURIComponent("men's clothing")}`)).toHaveLength(4);
});

test('the other feed has an envelope, pages and another shape', async () => {
  const url = sandbox.urls.products.replace('/products', '/dummyjson/products');
  const whole = await get(url);
  expect(whole).toMatchObject({ total: 30, skip: 0, limit: 30, products: { length: 30 } });
  expect(await get(`${url}?limit=10&skip=25`)).toMatchObject({ total: 30, skip: 25, limit: 5 });
  expect(await get(`${url}/1`)).toMatchObject({ id: 1, rating: expect.any(Number), images: expect.any(Array) });
  expect((await fetch(`${url}/999`)).status).toBe(404);
});

test('the reference rates are dated on a business day and quote about thirty currencies for one euro', async () => {
  const answer = await fetch(sandbox.urls.rates);
  expect(answer.headers.get('content-type')).toContain('xml');
  const xml = await answer.text();
  const [, day = ''] = /<Cube time='(\d{4}-\d\d-\d\d)'>/.exec(xml) ?? [];
  expect(new Date(day).getUTCDay() % 6).not.toBe(0);
  const rates = [...xml.matchAll(/<Cube currency='([A-Z]{3})' rate='([\d.]+)'\/>/g)];
  expect(rates.length).toBeGreaterThanOrEqual(29);
  expect(Number(rates.find(([, currency]) => currency === 'USD')?.[2])).toBeCloseTo(1.17, 1);
});
