import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../src/entities/orders.entity.ts';
import { EventLog, OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { CommitUnknown } from '../../src/outbox/transaction.ts';
import { type CuttingProxy, openCuttingProxy } from '../support/upstreams/cutting-proxy.ts';
import { until } from '../support/processes/process.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let proxy: CuttingProxy;
let api: TestApi;
beforeAll(async () => {
  const host = process.env['TEST_MYSQL_HOST'] ?? '127.0.0.1';
  proxy = await openCuttingProxy(host, Number(process.env['TEST_MYSQL_PORT']));
  api = await openTestApi({ MYSQL_HOST: '127.0.0.1', MYSQL_PORT: String(proxy.port) });
});
afterAll(async () => {
  await api.close();
  await proxy.close();
});

const orders = () => api.ctx.orm.em.fork().count(Order, {});
const placeOrder = () =>
  api.send('POST', '/orders', { as: 'demo', body: { user_id: 1, products: [1, 2], total_amount: 100 } });

test('a connection lost while COMMIT was under way is answered 503: the order is there once, and what it asked for', async () => {
  // Logs in before the proxy is armed.
  expect((await placeOrder()).status).toBe(201);
  const before = await orders();
  proxy.cutAfter(/commit$/i);
  const answer = await placeOrder();
  expect(proxy.cuts()).toBe(1);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await answer.json()).toMatchObject({ code: 'unavailable' });
  // MySQL commits, and nobody knows: had the work run again, there would be two.
  await until('MySQL has committed', async () => ((await orders()) > before ? true : undefined));
  expect(await orders()).toBe(before + 1);
  // The relay was not told; the sweep will find them.
  const em = api.ctx.orm.em.fork();
  const [last] = await em.find(Order, {}, { orderBy: { createdAt: 'desc' }, limit: 1 });
  const about = { $like: `%${last?.id}%` };
  expect(await em.find(OutboxMessage, { body: about })).toMatchObject([{ name: 'charge-order' }]);
  expect(await em.find(EventLog, { data: about })).toMatchObject([{ type: 'order.created', position: 2 }]);
});

test('who calls a transaction is told that the outcome of its COMMIT is not known', async () => {
  let runs = 0;
  proxy.cutAfter(/commit$/i);
  const lost = api.ctx.transaction(async (tx) => {
    runs += 1;
    await tx.execute('select 1');
  });
  await expect(lost).rejects.toThrow(CommitUnknown);
  expect(runs).toBe(1);
});

test('a connection lost before COMMIT is only a reason to try again', async () => {
  const before = await orders();
  proxy.cutAfter(/from .products. where/i);
  expect((await placeOrder()).status).toBe(201);
  expect(proxy.cuts()).toBe(3);
  expect(await orders()).toBe(before + 1);
});

test.each([1213, 1020, 1040, 1114])(
  'what MySQL goes on refusing by %i is 503, and worth asking for again',
  async (errno) => {
    const em = api.ctx.orm.em.fork();
    await em.execute(`/* of the test */ create trigger refusing before insert on orders for each row
    signal sqlstate 'HY000' set mysql_errno = ${errno}, message_text = 'not now'`);
    const before = await orders();
    const answer = await placeOrder();
    await em.execute('/* of the test */ drop trigger refusing');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ code: 'unavailable' });
    expect(await orders()).toBe(before);
  },
);
