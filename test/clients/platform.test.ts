import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOrderflow, type Orderflow, Refused } from '../../clients/typescript/src/orderflow.ts';
import { adminId } from '../support/api/accounts.ts';
import { accounts } from '../support/api/test-api.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { startProcess, until } from '../support/processes/process.ts';
import { openCuttingProxy } from '../support/upstreams/cutting-proxy.ts';
import { openProxy, type Proxy } from '../support/upstreams/proxy.ts';

let platform: Platform;
let proxy: Proxy;
let demo: Orderflow;
let admin: Orderflow;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
  proxy = await openProxy('127.0.0.1', Number(new URL(platform.url).port), (client, api) => {
    client.on('close', () => api.destroy()).pipe(api);
    api.on('close', () => client.destroy()).pipe(client);
  });
  demo = openOrderflow({ url: `http://127.0.0.1:${proxy.port}`, login: accounts.demo });
  admin = openOrderflow({ url: platform.url, login: accounts.admin });
});
afterAll(async () => {
  await proxy.close();
  await platform.stop();
});

async function statesOf(orderflow: Orderflow, id: string, all = false): Promise<string[]> {
  const states: string[] = [];
  for await (const { status } of orderflow.watchOrder(id, { all })) states.push(status);
  return states;
}

it('watches an order until it is paid, or declined, and at once when it is already', async () => {
  const [paid, declined] = await Promise.all([
    demo.placeOrder({ body: { products: [1, 2], total_amount: 100 } }),
    demo.placeOrder({ body: { products: [1], payment_method: 'pm_card_chargeDeclined' } }),
  ]);
  expect((await statesOf(demo, paid.id)).at(-1)).toBe('paid');
  expect((await statesOf(admin, declined.id, true)).at(-1)).toBe('payment_failed');
  expect(await statesOf(demo, paid.id)).toEqual(['paid']);
  expect(await statesOf(demo, declined.id)).toEqual(['payment_failed']);
  await expect(statesOf(demo, '019341d2-0000-7000-8000-000000000001')).rejects.toMatchObject({ code: 'not_found' });
});

it('places one order though the answer is lost, and hears by its code why a key may not be used again', async () => {
  const cutting = await openCuttingProxy('127.0.0.1', Number(new URL(platform.url).port));
  const { placeOrder } = openOrderflow({ url: `http://127.0.0.1:${cutting.port}`, login: accounts.admin });
  cutting.cutAfter(/POST \/orders/);
  const order = await placeOrder({ body: { products: [2] } }, { intention: 'cart-4711' });
  expect(cutting.cuts()).toBe(1);
  const own: string[] = [];
  for await (const { id, user_id } of admin.all('listOrders')) if (user_id === adminId) own.push(id);
  expect(own).toEqual([order.id]);
  const other = placeOrder({ body: { products: [1] } }, { intention: 'cart-4711' });
  await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 });
  await cutting.close();
});

it('misses nothing and hears nothing twice while its way is cut and the API starts again', async () => {
  const heard: string[] = [];
  const ending = new AbortController();
  const { fetch, opened } = countOpened();
  const follower = openOrderflow({ url: `http://127.0.0.1:${proxy.port}`, login: accounts.demo, fetch });
  const reading = (async () => {
    for await (const news of follower.followOrders({ signal: ending.signal }))
      heard.push(news.type === 'gap' ? 'gap' : news.id);
  })().catch((error: unknown) => error);
  await until('it follows', () => opened() > 0 || undefined);

  // Of somebody else.
  await admin.placeOrder({ body: { products: [1] } });
  const place = (count: number) =>
    Promise.all(Array.from({ length: count }, () => demo.placeOrder({ body: { products: [1] } })));
  const placed = await place(5);
  await proxy.close();
  await proxy.open();
  placed.push(...(await place(5)));
  await until('it follows again', () => opened() > 1 || undefined);
  await platform.apis[0]?.signal('SIGTERM');
  const env = {
    ...platform.env,
    PORT: new URL(platform.url).port,
    HEALTH_PORT: new URL(platform.healths[0] ?? '').port,
  };
  platform.apis.splice(0, 1, startProcess('src/api/main.ts', [], env));
  placed.push(...(await place(5)));

  const ids = new Set(placed.map(({ id }) => id));
  const told = await until('two events of each order', async () => {
    const all: string[] = [];
    for await (const { subject, id } of eventsSince()) if (ids.has(subject)) all.push(id);
    return all.length === 30 ? all : undefined;
  });
  await until(
    () => `30 events; there are ${heard.length}`,
    () => heard.length >= 30 || undefined,
  );
  expect(heard.toSorted()).toEqual(told.toSorted());
  expect(opened()).toBeGreaterThanOrEqual(3);
  ending.abort();
  await reading;
});

/** A way to send, and how many streams have been opened by it. */
function countOpened() {
  let opened = 0;
  const counting: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) opened += 1;
    return response;
  };
  return { fetch: counting, opened: () => opened };
}

/** The durable log, whose pages go by the last event's id. */
async function* eventsSince() {
  let after: string | undefined;
  for (;;) {
    const { data, next_cursor } = await admin.listEvents({ after, limit: 100 });
    yield* data;
    if (next_cursor === null) return;
    after = next_cursor;
  }
}

it('goes on from a position that somebody has kept, and is told when it is gone', async () => {
  const positions: string[] = [];
  const order = await demo.placeOrder({ body: { products: [1] } });
  const [start] = (await platform.redis.xrange('orders', '-', '+', 'COUNT', 1))[0] ?? [];
  const after = `${Number(start?.split('-')[0]) - 1}-0`;
  for await (const news of demo.followOrders({ after: start })) {
    if (news.type === 'gap') throw new Error('nothing is gone yet');
    positions.push(news.position);
    if (news.subject === order.id && news.type === 'order.paid') break;
  }
  const [, second] = positions;
  for await (const news of demo.followOrders({ after: positions[0] })) {
    expect(news).toMatchObject({ position: second });
    break;
  }
  await platform.redis.xtrim('orders', 'MAXLEN', 1);
  for await (const news of demo.followOrders({ after })) {
    expect(news).toEqual({ type: 'gap', reason: expect.any(String) });
    break;
  }
});

it('follows the symbols and types that it names', async () => {
  const { fetch, opened } = countOpened();
  const follower = openOrderflow({ url: platform.url, fetch });
  const reading = (async () => {
    for await (const news of follower.followMarket({ symbols: ['AAPL'], types: ['quote.updated'] })) return news;
    return undefined;
  })();
  await until('it follows', () => opened() > 0 || undefined);
  await demo.readQuote({ symbol: 'MSFT' });
  const { c } = await demo.readQuote({ symbol: 'AAPL' });
  expect(await reading).toMatchObject({ type: 'quote.updated', subject: 'AAPL', data: { c } });
});

it('ends with a refusal soon after the key is revoked', async () => {
  const { access_token: key } = await demo.login({ body: accounts.demo });
  const follower = openOrderflow({ url: platform.url, key });
  const reading = (async () => {
    for await (const news of follower.followOrders()) if (news.type === 'gap') break;
  })();
  await Promise.all([expect(reading).rejects.toBeInstanceOf(Refused), follower.logout()]);
});
