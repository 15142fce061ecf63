import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OrderView } from '../../../src/api/orders/order-view.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

const Page = z.object({ data: z.array(OrderView), next_cursor: z.string().nullable() });
type Page = z.output<typeof Page>;
type Account = 'demo' | 'admin';

let api: TestApi;
let mine: string[];
let theirs: string;
beforeAll(async () => {
  api = await openTestApi();
  mine = [];
  for (let round = 0; round < 9; round += 1)
    mine.push(...(await Promise.all(Array.from({ length: 5 }, () => place('demo')))));
  theirs = await place('admin');
});
afterAll(() => api.close());

const place = async (as: Account) =>
  OrderView.parse(await (await api.send('POST', '/orders', { as, body: { products: [1] } })).json()).id;
const ask = (query: string, as: Account = 'demo') => api.send('GET', `/orders?${query}`, { as });
const list = async (query: string, as?: Account) => Page.parse(await (await ask(query, as)).json());

describe('the list of orders', () => {
  it('pages through all of one’s own, newest first, each once, while new ones arrive', async () => {
    const seen: string[] = [];
    let page: Page = await list('limit=20');
    seen.push(...page.data.map(({ id }) => id));
    await place('demo');
    while (page.next_cursor !== null && seen.length < 100) {
      page = await list(`limit=20&cursor=${page.next_cursor}`);
      seen.push(...page.data.map(({ id }) => id));
    }
    expect(mine).toHaveLength(45);
    expect(seen).toEqual(mine.toSorted().toReversed());
  });

  it('is twenty long when no limit is named, and no limit outside 1 to 100 is taken', async () => {
    expect((await list('')).data).toHaveLength(20);
    expect((await list('limit=100')).data.length).toBeGreaterThanOrEqual(45);
    for (const query of ['limit=0', 'limit=101', 'limit=1.5', 'limit=x', 'limit=1&limit=2'])
      expect(await pointersOf(await ask(query)), query).toEqual(['limit']);
  });

  it('can be narrowed to a status that there is', async () => {
    expect((await list('status=pending')).data).toHaveLength(20);
    expect(await list('status=refunded')).toEqual({ data: [], next_cursor: null });
    expect(await pointersOf(await ask('status=lost'))).toEqual(['status']);
  });

  it('takes a cursor only if it was given for the same list', async () => {
    const { next_cursor: ofMine } = await list('limit=1');
    const { next_cursor: ofAll } = await list('limit=1', 'admin');
    for (const query of [`cursor=${ofAll}`, `status=paid&cursor=${ofMine}`, 'cursor=nonsense', 'cursor=e30', 'cursor='])
      expect(await pointersOf(await ask(query)), query).toEqual(['cursor']);
    expect((await ask(`cursor=${ofMine}`)).status).toBe(200);
  });

  it('is for who is logged in', async () => {
    expect(await problemOf(await api.send('GET', '/orders'))).toMatchObject({ status: 401 });
  });
});

describe('someone else’s order', () => {
  it('is hidden also from who knows its id, and shown to an administrator', async () => {
    const refused = await api.send('GET', `/orders/${theirs}`, { as: 'demo' });
    expect(await problemOf(refused)).toMatchObject({ status: 404, code: 'not_found' });
    expect((await list('limit=100')).data.map(({ id }) => id)).not.toContain(theirs);

    expect((await api.send('GET', `/orders/${theirs}`, { as: 'admin' })).status).toBe(200);
    expect((await api.send('GET', `/orders/${mine[0]}`, { as: 'admin' })).status).toBe(200);
    const all = (await list('limit=100', 'admin')).data.map(({ id }) => id);
    expect(all).toEqual(expect.arrayContaining([theirs, ...mine]));
  });
});
