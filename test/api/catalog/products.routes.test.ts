import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProductView } from '../../../src/api/catalog/product-view.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

const List = z.strictObject({ data: z.array(ProductView.strict()), next_cursor: z.string().nullable() });

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  const price = { priceMinor: 100, currency: 'USD' };
  await api.ctx.orm.em.fork().insertMany(Product, [
    { id: 10, title: 'Crème brûlée dish', category: 'kitchen', ...price },
    { id: 11, title: 'Desk Lamp', category: 'lamps', ...price },
    { id: 12, title: '100% wool_scarf!', category: "women's clothing", ...price },
    { id: 13, title: 'Floor Lamp', category: 'lamps', ...price },
    { id: 14, title: 'Gone Lamp', category: 'lamps', ...price, deletedAt: new Date() },
    { id: 15, title: 'Back\\slash', category: null, ...price },
  ]);
});
afterAll(() => api.close());

const list = async (query: string) => {
  const answer = await api.send('GET', `/products${query}`);
  expect(answer.status).toBe(200);
  return List.parse(await answer.json());
};
const idsOf = async (query: string) => (await list(query)).data.map(({ id }) => id);

describe('listing products', () => {
  it('shows what is for sale by id, in major units, to everyone', async () => {
    const { data, next_cursor } = await list('');
    expect(data.map(({ id }) => id)).toEqual([1, 2, 10, 11, 12, 13, 15]);
    expect(next_cursor).toBeNull();
    expect(data[0]).toMatchObject({
      title: 'Field Notebook',
      price: 60,
      currency: 'USD',
      stock: null,
      source: 'local',
    });
    expect(await idsOf('/')).toHaveLength(7);
  });

  it('goes on page after page, each product once', async () => {
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.output<typeof List> = await list(`?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual([1, 2, 10, 11, 12, 13, 15]);
  });

  it.each([
    ['?q=lamp', [11, 13]],
    ['?q=LAMP%20floor', [13]],
    ['?q=creme%20brulee', [10]],
    ['?q=%25', [12]],
    ['?q=l_s', [12]],
    ['?q=w_ol', []],
    ['?q=_', [12]],
    ['?q=!', [12]],
    ['?q=%5C', [15]],
    ['?q=clothing%20wool', [12]],
    ['?q=%20', [1, 2, 10, 11, 12, 13, 15]],
    ["?q=';drop%20table%20products--", []],
    ['?category=lamps', [11, 13]],
    ["?category=women's%20clothing", [12]],
    ['?category=lamp', []],
    ['?category=lamps&q=desk', [11]],
  ])('finds by words and category: %s', async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids);
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?limit=ten', 'limit'],
    ['?cursor=nonsense', 'cursor'],
    [`?q=${'x'.repeat(101)}`, 'q'],
    ['?sync=maybe', 'sync'],
  ])('refuses %s', async (query, parameter) => {
    expect(await pointersOf(await api.send('GET', `/products${query}`))).toEqual([parameter]);
  });

  it('refuses the cursor of another search', async () => {
    const { next_cursor } = await list('?limit=1&category=lamps');
    expect(next_cursor).not.toBeNull();
    const other = await api.send('GET', `/products?limit=1&cursor=${next_cursor}`);
    expect(await pointersOf(other)).toEqual(['cursor']);
  });

  it('answers not_configured when it is to sync without a feed', async () => {
    const problem = await problemOf(await api.send('GET', '/products?sync=true'));
    expect(problem).toMatchObject({ status: 503, code: 'not_configured' });
    expect(problem.detail).toContain('product feed');
  });
});

describe('reading one product', () => {
  it('shows it to everyone', async () => {
    const answer = await api.send('GET', '/products/11/');
    expect(ProductView.strict().parse(await answer.json())).toMatchObject({
      id: 11,
      title: 'Desk Lamp',
      price: 1,
      rating: null,
      external_id: null,
    });
  });

  it.each(['14', '99', '0', '-1', '1.5', 'lamp', '1e1', '99999999999', '%00'])('does not find %s', async (id) => {
    expect(await problemOf(await api.send('GET', `/products/${id}`))).toMatchObject({ code: 'not_found' });
  });
});

describe('a deleted product', () => {
  it('cannot be ordered', async () => {
    const answer = await api.send('POST', '/orders', { as: 'demo', body: { products: [14] } });
    expect(await problemOf(answer)).toMatchObject({ code: 'unknown_product' });
  });
});
