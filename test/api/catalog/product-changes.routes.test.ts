import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductView } from '../../../src/api/catalog/product-view.ts';
import { newPerson, type Person } from '../../support/api/accounts.ts';
import { readStream } from '../../support/stores/stream-entries.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
let operator: Person;
beforeAll(async () => {
  api = await openTestApi();
  operator = await newPerson(api, 'operator');
});
afterAll(() => api.close());

const send = (method: string, path: string, body?: unknown) =>
  api.send(method, path, body === undefined ? { as: 'admin' } : { as: 'admin', body });
const create = async (body: object = {}) => {
  const answer = await send('POST', '/products', { title: 'Lamp', price: 12.5, ...body });
  expect(answer.status).toBe(201);
  return ProductView.parse(await answer.json());
};
const eventsOf = async (id: number) => {
  await api.ctx.events.relay.idle();
  const events = await readStream(api.ctx.redis, 'catalog');
  return events.flatMap(({ subject, type, version, data: text }) => {
    const data: unknown = JSON.parse(text);
    return subject === String(id) ? [{ type, version, data }] : [];
  });
};
const refusesOthers = async (method: string, path: string, body?: unknown) => {
  const options = body === undefined ? {} : { body };
  expect((await problemOf(await api.send(method, path, options))).code).toBe('unauthenticated');
  expect((await problemOf(await api.send(method, path, { as: 'demo', ...options }))).code).toBe('forbidden');
  expect((await problemOf(await operator.send(method, path, body))).code).toBe('forbidden');
};

describe('adding a product', () => {
  it('stores it, says where it is, and announces it', async () => {
    const body = {
      title: ' Desk Lamp ',
      price: 49.99,
      currency: 'eur',
      description: 'Bright.',
      category: 'lamps',
      image: 'https://pictures.example/lamp.jpg',
      stock: 3,
    };
    const answer = await send('POST', '/products/', body);
    expect(answer.status).toBe(201);
    const product = ProductView.parse(await answer.json());
    expect(product).toMatchObject({ ...body, title: 'Desk Lamp', currency: 'EUR', source: 'local', rating: null });
    expect(answer.headers.get('location')).toBe(`/products/${product.id}`);
    expect(await (await api.send('GET', `/products/${product.id}`)).json()).toEqual(product);
    const data = expect.objectContaining({ product_id: product.id, price: 49.99, currency: 'EUR' });
    expect(await eventsOf(product.id)).toEqual([{ type: 'product.created', version: '1', data }]);
  });

  it('takes US dollars for the currency, and exact prices in any', async () => {
    expect(await create({ price: 0.07 })).toMatchObject({ price: 0.07, currency: 'USD' });
    expect(await create({ price: 1_099, currency: 'JPY' })).toMatchObject({ price: 1_099, currency: 'JPY' });
    expect(await create({ price: 1.234, currency: 'BHD' })).toMatchObject({ price: 1.234, currency: 'BHD' });
    expect(await create({ price: 10_000_000_000 })).toMatchObject({ price: 10_000_000_000 });
  });

  it.each([
    [{ price: 5 }, '/title'],
    [{ title: '   ', price: 5 }, '/title'],
    [{ title: 'Lamp' }, '/price'],
    [{ title: 'Lamp', price: '5' }, '/price'],
    [{ title: 'Lamp', price: 0 }, '/price'],
    [{ title: 'Lamp', price: -1 }, '/price'],
    [{ title: 'Lamp', price: 1.005 }, '/price'],
    [{ title: 'Lamp', price: 1.5, currency: 'JPY' }, '/price'],
    [{ title: 'Lamp', price: 10_000_000_000.01 }, '/price'],
    [{ title: 'Lamp', price: 1e-9 }, '/price'],
    [{ title: 'Lamp', price: 1e300 }, '/price'],
    [{ title: 'Lamp', price: 5, currency: 'DOLLARS' }, '/currency'],
    [{ title: 'Lamp', price: 5, currency: 'QQQ' }, '/currency'],
    [{ title: 'Lamp', price: 5, stock: -1 }, '/stock'],
    [{ title: 'Lamp', price: 5, stock: 1.5 }, '/stock'],
    [{ title: 'Lamp', price: 5, image: 'javascript:alert(1)' }, '/image'],
    [{ title: 'Lamp', price: 5, id: 7 }, '/id'],
    [{ title: 'Lamp', price: 5, source: 'fakestore' }, '/source'],
    [{ title: 'Lamp', price: 5, priceMinor: 1 }, '/priceMinor'],
  ])('refuses %j', async (body, pointer) => {
    expect(await pointersOf(await send('POST', '/products', body))).toEqual([pointer]);
  });

  it('is for administrators', () => refusesOthers('POST', '/products', { title: 'Lamp', price: 5 }));
});

describe('changing a product', () => {
  it('changes what is named and nothing else, and announces which', async () => {
    const before = await create({ description: 'Bright.', category: 'lamps', stock: 3 });
    const answer = await send('PATCH', `/products/${before.id}`, { price: 9.95, category: null });
    expect(answer.status).toBe(200);
    const after = ProductView.parse(await answer.json());
    expect(after).toEqual({ ...before, price: 9.95, category: null, updated_at: expect.any(String) });
    expect(await (await api.send('GET', `/products/${before.id}`)).json()).toEqual(after);
    const data = expect.objectContaining({ price: 9.95, changed: ['category', 'price'] });
    expect((await eventsOf(before.id)).at(-1)).toEqual({ type: 'product.updated', version: '2', data });
  });

  it('announces nothing when nothing is different', async () => {
    const product = await create();
    const answer = await send('PATCH', `/products/${product.id}`, { title: product.title, price: product.price });
    expect(await answer.json()).toEqual(product);
    expect(await (await send('PATCH', `/products/${product.id}`, {})).json()).toEqual(product);
    expect(await eventsOf(product.id)).toHaveLength(1);
  });

  it('takes the price in the currency that the product has, and another currency with a price', async () => {
    const { id } = await create({ price: 1_000, currency: 'JPY' });
    expect(await pointersOf(await send('PATCH', `/products/${id}`, { price: 9.5 }))).toEqual(['/price']);
    expect(await pointersOf(await send('PATCH', `/products/${id}`, { currency: 'USD' }))).toEqual(['/price']);
    const answer = await send('PATCH', `/products/${id}`, { price: 9.5, currency: 'USD' });
    expect(await answer.json()).toMatchObject({ price: 9.5, currency: 'USD' });
  });

  it('refuses unknown fields and unknown products', async () => {
    expect(await pointersOf(await send('PATCH', '/products/1', { external_id: '7', deletedAt: null }))).toEqual([
      '/external_id',
      '/deletedAt',
    ]);
    for (const id of ['99', 'lamp', '0'])
      expect((await problemOf(await send('PATCH', `/products/${id}`, { title: 'x' }))).code).toBe('not_found');
  });

  it('is for administrators', () => refusesOthers('PATCH', '/products/1', { price: 1 }));
});

describe('deleting a product', () => {
  it('takes it away for good, and announces it', async () => {
    const { id } = await create();
    expect((await send('DELETE', `/products/${id}`)).status).toBe(204);
    expect((await api.send('GET', `/products/${id}`)).status).toBe(404);
    for (const [method, body] of [['DELETE'], ['PATCH', { price: 1 }]] as const)
      expect((await problemOf(await send(method, `/products/${id}`, body))).code).toBe('not_found');
    const data = { product_id: id, source: 'local', external_id: null };
    expect((await eventsOf(id)).at(-1)).toEqual({ type: 'product.deleted', version: '2', data });
  });

  it('leaves orders that hold it', async () => {
    const { id } = await create();
    const placed = await api.send('POST', '/orders', { as: 'demo', body: { products: [id] } });
    await send('DELETE', `/products/${id}`);
    const order = await api.send('GET', placed.headers.get('location') ?? '', { as: 'demo' });
    expect(await order.json()).toMatchObject({ items: [{ product_id: id, title: 'Lamp', unit_price: 12.5 }] });
  });

  it('is for administrators', () => refusesOthers('DELETE', '/products/1'));
});
