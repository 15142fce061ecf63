import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OrderView } from '../../../src/api/orders/order-view.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { planOf } from '../../support/stores/plans.ts';
import { storeOrders } from '../../support/stores/placed-orders.ts';
import { queriesOf } from '../../support/stores/statements.ts';

const Page = z.object({ data: z.array(OrderView), next_cursor: z.string().nullable() });
type Account = 'demo' | 'admin';

let api: TestApi;
let ids: Readonly<Record<string, string>>;
const at = (day: string) => new Date(`${day}T12:00:00.000Z`);
beforeAll(async () => {
  api = await openTestApi();
  const wanted = {
    small: { user: 1, at: at('2026-03-01'), totalMinor: 999 },
    exact: { user: 1, at: at('2026-03-02'), totalMinor: 1_999 },
    large: { user: 1, at: at('2026-03-03'), totalMinor: 100_000, status: 'refunded' },
    yen: { user: 1, at: at('2026-03-04'), totalMinor: 1_999, currency: 'JPY' },
    theirs: { user: 2, at: at('2026-03-02'), totalMinor: 1_999 },
  } as const;
  const stored = await storeOrders(api.ctx.orm.em.fork(), Object.values(wanted));
  ids = Object.fromEntries(Object.keys(wanted).map((name, index) => [name, stored[index] ?? '']));
});
afterAll(() => api.close());

const ask = (query: string, as: Account) => api.send('GET', `/orders?${query}`, { as });
const found = async (query: string, as: Account = 'demo') => {
  const { data } = Page.parse(await (await ask(query, as)).json());
  return data.map(({ id }) => Object.entries(ids).find(([, one]) => one === id)?.[0] ?? id);
};

describe('the list of orders, narrowed', () => {
  it('finds by currency and by amount, ends included', async () => {
    expect(await found('currency=JPY')).toEqual(['yen']);
    expect(await found('currency=usd')).toEqual(['large', 'exact', 'small']);
    expect(await found('currency=USD&min=9.99&max=19.99')).toEqual(['exact', 'small']);
    expect(await found('currency=USD&min=10')).toEqual(['large', 'exact']);
    expect(await found('currency=USD&max=9.98')).toEqual([]);
    expect(await found('currency=JPY&min=1999&max=1999')).toEqual(['yen']);
  });

  it('finds by amount over all currencies, each in its own', async () => {
    expect(await found('min=19.99')).toEqual(['yen', 'large', 'exact']);
    expect(await found('min=9.981&max=19.9901')).toEqual(['exact', 'small']);
    expect(await found('min=1000&max=1998.9999')).toEqual(['large']);
    expect(await found('min=1998.5&max=1999.5')).toEqual(['yen']);
    expect(await found('max=9.9899')).toEqual([]);
  });

  it('finds by time, a day counted whole', async () => {
    expect(await found('from=2026-03-02&to=2026-03-03')).toEqual(['large', 'exact']);
    expect(await found('from=2026-03-02T12:00:00Z&to=2026-03-02T12:00:00.000Z')).toEqual(['exact']);
    expect(await found('from=2026-03-02T12:00:00.001Z&to=2026-03-03T11:59:59.999Z')).toEqual([]);
    expect(await found('to=2026-03-01')).toEqual(['small']);
    expect(await found('from=1000-01-01&to=9999-12-31')).toHaveLength(4);
    // Of the ids an hour around is looked at, and no row besides.
    const statements = await queriesOf(() => ask('from=2026-03-02T12:00:00Z&to=2026-03-02T12:00:00Z', 'admin'));
    const query = statements.find((one) => one.includes('from `orders`')) ?? '';
    const [step] = await planOf(api.ctx.orm.em.fork(), query);
    expect([step?.index, step?.isWhole]).toEqual(['PRIMARY', false]);
    expect(query).toMatch(/`id` >= '019ca/);
  });

  it('finds an order by its id, or the beginning of it', async () => {
    const id = ids['large'] ?? '';
    for (const q of [id, id.toUpperCase(), ` ${id} `, id.slice(0, 12)])
      expect(await found(`q=${encodeURIComponent(q)}`), q).toEqual(['large']);
    expect(await found(`q=${id.slice(0, 7)}`)).toEqual([]);
    expect(await found('q=anything%20else')).toEqual([]);
  });

  it('finds by several at once, and each page of what is found once', async () => {
    expect(await found('status=refunded&currency=USD&from=2026-03-01')).toEqual(['large']);
    expect(await found('status=paid&currency=USD&min=15')).toEqual(['exact']);
    const first = Page.parse(await (await ask('currency=USD&limit=2', 'demo')).json());
    await storeOrders(api.ctx.orm.em.fork(), [{ user: 1, currency: 'EUR' }]);
    const late = await storeOrders(api.ctx.orm.em.fork(), [{ user: 1 }]);
    const rest = await found(`currency=USD&limit=2&cursor=${first.next_cursor}`);
    expect([...first.data.map(({ id }) => id), ...rest]).toEqual([ids['large'], ids['exact'], 'small']);
    expect(await found('currency=USD&limit=1')).toEqual(late);
    expect(await pointersOf(await ask(`currency=EUR&cursor=${first.next_cursor}`, 'demo'))).toEqual(['cursor']);
  });

  it('finds other people’s for administrators alone, by number and by e-mail', async () => {
    const theirs = ['theirs'];
    const span = '&from=2026-03-01&to=2026-03-31';
    expect(await found(`user_id=2${span}`, 'admin')).toEqual(theirs);
    expect(await found(`q=ADMIN@example.com${span}`, 'admin')).toEqual(theirs);
    expect(await found('q=nobody@example.com', 'admin')).toEqual([]);
    expect(await found(`q=${ids['theirs']}`, 'admin')).toEqual(theirs);
    expect(await found('q=admin@example.com')).toEqual([]);
    expect(await found(`q=${ids['theirs']}`)).toEqual([]);
    expect(await found(`q=demo@example.com${span}`)).toHaveLength(4);
    expect(await found(`user_id=1${span}`)).toHaveLength(4);
    expect(await problemOf(await ask('user_id=2', 'demo'))).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('takes amounts of which some currency has none so large', async () => {
    const month = { at: at('2026-04-01'), user: 1 } as const;
    const [yen = '', units = ''] = await storeOrders(api.ctx.orm.em.fork(), [
      { ...month, totalMinor: 300_000_000_000, currency: 'JPY' },
      { ...month, at: at('2026-04-02'), totalMinor: 1_000_000_000_000_000, currency: 'CLF' },
    ]);
    const all = 'from=2026-04-01&to=2026-04-30';
    for (const max of ['999999999999', '999999999999.9999'])
      expect(await found(`${all}&max=${max}`)).toEqual([units, yen]);
    expect(await found(`${all}&min=200000000000`)).toEqual([yen]);
    expect(await found(`${all}&max=100000000000`)).toEqual([units]);
    expect(await found(`${all}&min=100000000000.0001`)).toEqual([yen]);
    expect(await found('currency=CLF&max=999999999999')).toEqual([units]);
    expect(await found('currency=CLF&min=100000000000.0001')).toEqual([]);
    expect((await ask('max=999999999999', 'demo')).status).toBe(200);
  });

  it.each([
    ['min=2&max=1.9999', ['max']],
    ['min=1.00001', ['min']],
    ['currency=USD&min=1.001', ['min']],
    ['currency=JPY&max=1.5', ['max']],
    ['currency=USD&min=2&max=1', ['max']],
    ['currency=USD&min=-1', ['min']],
    ['currency=USD&min=1e3', ['min']],
    ['currency=XAU', ['currency']],
    ['from=2026-03-02&to=2026-03-01', ['to']],
    ['from=yesterday', ['from']],
    ['user_id=0', ['user_id']],
    ['q=', ['q']],
    ['e_mail=x', ['e_mail']],
  ])('refuses %s', async (query, pointers) => {
    expect(await pointersOf(await ask(query, 'admin'))).toEqual(pointers);
  });
});
