import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Product } from '../../src/entities/catalog.entity.ts';
import { Order, OrderLine } from '../../src/entities/orders.entity.ts';
import { Payment } from '../../src/entities/payments.entity.ts';
import { OrderView } from '../../src/api/orders/order-view.ts';
import { chargeOrder } from '../../src/jobs/payments/charge-order.job.ts';
import { performJob } from '../support/api/perform-job.ts';
import { IdempotencyKey } from '../../src/entities/ops.entity.ts';
import { tenantOfUser } from '../../src/jobs/shares.ts';
import { openOrders } from '../../src/orders/accept-orders.ts';
import { takesOf } from '../../src/orders/takeable.ts';
import { KeyInUse } from '../../src/outbox/keyed-answers.ts';
import { problemOf } from '../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';
import { sendsOf, statementsOf, toStatements } from '../support/stores/statements.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' });
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const place = (body: object, key?: string) =>
  api.send('POST', '/orders', { as: 'demo', body, headers: key === undefined ? {} : { 'idempotency-key': key } });
const statements = (heard: readonly string[]) => heard.filter((one) => !/^(begin|commit|rollback|set)/.test(one));
const commits = (heard: readonly string[]) => heard.filter((one) => one === 'commit').length;

describe('orders that arrive together', () => {
  it('commit together, each with its own outcome, and one that cannot be keeps nobody', async () => {
    const mug = await em().insert(Product, { title: 'Mug', priceMinor: 900, currency: 'USD', stock: 5 });
    await place({ products: [1] });
    const wishes = Array.from({ length: 40 }, (_, index) => {
      if (index % 10 === 3) return { products: [4_000_000] };
      if (index % 10 === 5) return { products: [1], total_amount: 1 };
      return {
        items: [
          { product_id: mug, quantity: 1 },
          { product_id: 1, quantity: 2 },
        ],
      };
    });
    const answers = await Promise.all(wishes.map((wish) => place(wish)));
    const ends = await Promise.all(answers.map(async (one) => (one.ok ? 'placed' : (await problemOf(one)).code)));
    const count = (end: string) => ends.filter((one) => one === end).length;
    expect([count('unknown_product'), count('total_mismatch')]).toEqual([4, 4]);
    // As many as there were pieces, and those that came first.
    expect([count('placed'), count('out_of_stock')]).toEqual([5, 27]);
    expect((await em().findOneOrFail(Product, mug)).stock).toBe(0);
    expect(ends.filter((end) => end === 'placed' || end === 'out_of_stock').slice(0, 5)).toEqual(
      Array.from({ length: 5 }, () => 'placed'),
    );
  });

  it('are each answered with the order that was stored for them', async () => {
    const totals = Array.from({ length: 30 }, (_, index) => (index % 7) + 1);
    const answers = await Promise.all(
      totals.map((quantity) => place({ items: [{ product_id: 1, quantity }] }, undefined)),
    );
    for (const [index, answer] of answers.entries()) {
      const { id, items } = OrderView.parse(await answer.json());
      expect(items).toMatchObject([{ product_id: 1, quantity: totals[index] }]);
      expect(await em().count(Order, { id })).toBe(1);
      expect(await em().count(Payment, { order: id })).toBe(1);
    }
  });
});

it('whose name another process has taken since it was looked for is asked again, and makes nothing', async () => {
  const request = { userId: 1, key: 'raced', fingerprint: 'one' };
  const answer = { status: 201, body: '{}', location: null };
  const before = await em().count(Order);
  const accepting = openOrders(api.ctx.transaction)({
    userId: 1,
    tenant: tenantOfUser(1),
    items: new Map([[1, { quantity: 1, pointers: [] }]]),
    totalAmount: undefined,
    currency: undefined,
    means: undefined,
    takes: takesOf(api.ctx.payments.gateways),
    at: new Date(),
    fxMaxAgeMs: 1_000,
    request,
    answer: () => ({ status: 201, text: '{}', location: null }),
    note: async () => void (await em().insert(IdempotencyKey, { ...request, ...answer, createdAt: new Date() })),
  });
  await expect(accepting).rejects.toThrow(KeyInUse);
  expect(await em().count(Order)).toBe(before);
});

it('of a product that is not counted any more once it is locked is taken, and holds nothing of it', async () => {
  const mug = await em().insert(Product, { title: 'Mug', priceMinor: 900, currency: 'USD', stock: 5 });
  let placing: Promise<Response> | undefined;
  await sendsOf((heard) =>
    api.ctx.transaction(async (tx) => {
      await tx.nativeUpdate(Product, mug, { stock: null });
      const asksFor = () => heard.some((one) => one.includes('`products`') && one.includes('for update'));
      placing = place({ products: [mug] });
      await until('the order waits for its product', async () => asksFor() || undefined);
    }),
  );
  const answer = await placing;
  expect(answer?.status).toBe(201);
  const { id } = OrderView.parse(await answer?.json());
  expect((await em().findOneOrFail(OrderLine, { order: id })).held).toBe(0);
  expect((await em().findOneOrFail(Product, mug)).stock).toBeNull();
});

describe('the statements of an order', () => {
  it.each([undefined, 'by name'])(
    'are two dozen at the most, in five ways there and back, when it comes alone',
    async (key) => {
      await place({ products: [1, 2] });
      await api.ctx.events.relay.idle();
      const sent = await sendsOf(async () => {
        const order = OrderView.parse(await (await place({ products: [1, 2] }, key)).json());
        const payload = { order_id: order.id, payment_id: order.payment?.id ?? '', gateway: 'instant' };
        await performJob(chargeOrder, payload, api.ctx.jobs.fork());
        await api.ctx.events.relay.idle();
      });
      expect(statements(sent.flatMap(toStatements)).length, sent.join('\n')).toBeLessThanOrEqual(24);
      // Two to accept it, with a key or without; two to charge it at a gateway that asks nobody; one that tidies up.
      expect(sent.length, sent.join('\n\n')).toBeLessThanOrEqual(5);
    },
  );

  it('are a handful, when it comes alone', async () => {
    await place({ products: [1, 2] });
    await api.ctx.events.relay.idle();
    const heard = await statementsOf(async () => {
      expect((await place({ products: [1, 2] }, 'alone')).status).toBe(201);
      await api.ctx.events.relay.idle();
    });
    expect(commits(heard)).toBeLessThanOrEqual(3);
    expect(statements(heard).length, heard.join('\n')).toBeLessThanOrEqual(14);
  });

  it('are shared by those that arrive with it', async () => {
    const heard = await statementsOf(async () => {
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, index) => place({ products: [1, 2] }, `shared-${index}`)),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      await api.ctx.events.relay.idle();
    });
    expect(statements(heard).length, heard.join('\n')).toBeLessThanOrEqual(64);
    expect(commits(heard)).toBeLessThanOrEqual(16);
  });
});
