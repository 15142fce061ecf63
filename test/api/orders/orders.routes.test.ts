import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderView } from '../../../src/api/orders/order-view.ts';
import { Order, OrderLine } from '../../../src/entities/orders.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { openTestApi, type SendOptions, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const place = (body: unknown, as: SendOptions['as'] = 'demo') =>
  api.send('POST', '/orders', { as: as ?? 'demo', body });
const scarce = async (stock: number) =>
  em().insert(Product, { title: 'Last Ones', priceMinor: 1_050, currency: 'USD', stock });

describe('placing an order', () => {
  it('takes the original’s example, prices it here, and says where it is', async () => {
    const answer = await place({ user_id: 1, products: [1, 2], total_amount: 100 });
    expect(answer.status).toBe(201);
    const order = OrderView.parse(await answer.json());
    expect(order).toMatchObject({ user_id: 1, status: 'pending', total_amount: 100, currency: 'USD' });
    expect(order.items.map(({ product_id, quantity, line_total }) => [product_id, quantity, line_total])).toEqual([
      [1, 1, 60],
      [2, 1, 40],
    ]);
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/orders/${order.id}`);
    expect(await (await api.send('GET', location, { as: 'demo' })).json()).toEqual(order);
  });

  it('counts a repeated product as a quantity, and takes lines as well', async () => {
    const [repeated, lines] = await Promise.all([
      place({ products: [1, 2, 1] }),
      place({
        items: [
          { product_id: 1, quantity: 2 },
          { product_id: 2, quantity: 1 },
        ],
        currency: 'usd',
      }),
    ]);
    const items = async (answer: Response) => OrderView.parse(await answer.json()).items;
    expect(await items(repeated)).toEqual(await items(lines));
  });

  it('names every fault of a bad one with a pointer', async () => {
    const cases: [unknown, string[]][] = [
      [{}, ['/products']],
      [{ products: [1], items: [{ product_id: 1, quantity: 1 }] }, ['/products']],
      [{ products: [] }, ['/products']],
      [{ products: [1, '2', 0, 1.5] }, ['/products/1', '/products/2', '/products/3']],
      [{ items: [{ product_id: 1, quantity: 0 }] }, ['/items/0/quantity']],
      [{ items: [{ product_id: 1, quantity: 1_001 }] }, ['/items/0/quantity']],
      [{ items: [{ product_id: 1, quantity: 1, price: 1 }] }, ['/items/0/price']],
      [{ products: Array.from({ length: 1_001 }, () => 1) }, ['/products/0']],
      [{ products: Array.from({ length: 101 }, (_, index) => index + 1) }, ['/products']],
      [{ items: Array.from({ length: 101 }, () => ({ product_id: 1, quantity: 1 })) }, ['/items']],
      [{ items: [600, 401].map((quantity) => ({ product_id: 1, quantity })) }, ['/items/0/product_id']],
      [{ products: [1], 'a/b~c': 1, discount: 1 }, ['/a~1b~0c', '/discount']],
      [{ products: [1], total_amount: '60' }, ['/total_amount']],
      [{ products: [1], payment_method: 'a b' }, ['/payment_method']],
    ];
    for (const [body, pointers] of cases) {
      const answer = await place(body);
      expect(answer.status, JSON.stringify(body).slice(0, 80)).toBe(422);
      expect(await pointersOf(answer)).toEqual(pointers);
    }
  });

  it('points to the line of a product that does not exist', async () => {
    const answer = await place({
      items: [
        { product_id: 1, quantity: 1 },
        { product_id: 999, quantity: 1 },
      ],
    });
    expect(await problemOf(answer.clone())).toMatchObject({ status: 422, code: 'unknown_product' });
    expect(await pointersOf(answer)).toEqual(['/items/1/product_id']);
    expect(await pointersOf(await place({ products: [999, 1, 999] }))).toEqual(['/products/0', '/products/2']);
  });

  it('refuses another total than its own, and says which is right', async () => {
    for (const total_amount of [99.99, 0, 100.001]) {
      const problem = await problemOf(await place({ products: [1, 2], total_amount }));
      expect(problem).toMatchObject({ status: 422, code: 'total_mismatch', detail: 'The total is 100.00 USD.' });
    }
  });

  it('is for oneself, unless an administrator says whom it is for', async () => {
    const refused = await problemOf(await place({ user_id: 2, products: [1] }));
    expect(refused).toMatchObject({ status: 403, code: 'forbidden' });
    const allowed = await place({ user_id: 1, products: [1] }, 'admin');
    expect(OrderView.parse(await allowed.json()).user_id).toBe(1);
    expect(await pointersOf(await place({ user_id: 99_999, products: [1] }, 'admin'))).toEqual(['/user_id']);
  });
});

describe('stock', () => {
  it('that is too little leaves nothing of the order behind', async () => {
    const id = await scarce(1);
    const counts = () => Promise.all([em().count(Order), em().count(OrderLine), em().count(Payment)]);
    const before = await counts();
    const answer = await place({
      items: [
        { product_id: 1, quantity: 1 },
        { product_id: id, quantity: 2 },
      ],
    });
    expect(await problemOf(answer.clone())).toMatchObject({ status: 409, code: 'out_of_stock' });
    expect(await pointersOf(answer)).toEqual(['/items/1/product_id']);
    expect(await counts()).toEqual(before);
    expect((await em().findOneOrFail(Product, id)).stock).toBe(1);
  });

  it('is never oversold to buyers who come at once', async () => {
    const [one, two] = [await scarce(10), await scarce(10)];
    // Half of them name the two the other way round, as a deadlock would need.
    const orders = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? [one, two] : [two, one]));
    const answers = await Promise.all(orders.map((products) => place({ products })));
    const statuses = Map.groupBy(answers, ({ status }) => status);
    expect([statuses.get(201)?.length, statuses.get(409)?.length, answers.length]).toEqual([10, 20, 30]);
    const left = await em().find(Product, { id: { $in: [one, two] } });
    expect(left.map(({ stock }) => stock)).toEqual([0, 0]);
  });
});
