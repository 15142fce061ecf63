import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdempotencyKey } from '../../../src/entities/ops.entity.ts';
import { Order } from '../../../src/entities/orders.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { until } from '../../support/processes/process.ts';
import { openShop, type Shop } from '../../support/api/shop.ts';
import { makePerson, present as presentAt } from '../../support/api/personas.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { accounts, Granted } from '../../support/api/test-api.ts';
import { buildApp } from '../../../src/api/app.ts';
import { IdempotencyHeaders } from '../../../src/api/http/answer-once.ts';
import type { Transaction } from '../../../src/outbox/transaction.ts';

let shop: Shop;
let other: Shop;
beforeAll(async () => {
  // Nobody is there; a job that would ask is enough here.
  shop = await openShop({ PUBLIC_PRODUCT_API: 'http://127.0.0.1:9/products' });
  other = await openShop({ MYSQL_DB: shop.ctx.config.MYSQL_DB });
});
afterAll(async () => {
  await other.ctx.close();
  await other.parts.answers.close();
  await shop.close();
});

const place = (key: string, body: unknown = { products: [1, 2] }, at = shop, as: 'demo' | 'admin' = 'demo') =>
  at.send('POST', '/orders', { as, body, headers: { 'idempotency-key': key } });
/** What another process has written, and not yet committed, while it works on the same request. */
async function beginElsewhere(key: string) {
  const em = shop.ctx.orm.em.fork();
  await place(`${key}-before`);
  const { fingerprint } = await em.findOneOrFail(IdempotencyKey, { key: `${key}-before` });
  await em.begin();
  const answer = { fingerprint, status: 201, location: null, body: '{"from":"elsewhere"}' };
  await em.insert(IdempotencyKey, { userId: 1, key, ...answer, createdAt: new Date() });
  return em;
}
/** Places an order as the demo customer by an API of its own; `looked` is how often it has looked for the key. */
async function placeWatched(key: string) {
  const looked = { times: 0 };
  const transaction: Transaction = (work) => {
    looked.times += 1;
    return shop.ctx.transaction(work);
  };
  const app = await buildApp({ ...shop.ctx, transaction }, shop.parts);
  const login = await shop.send('POST', '/auth/login', { body: accounts.demo });
  const { access_token } = Granted.parse(await login.json());
  const headers = {
    authorization: `Bearer ${access_token}`,
    'idempotency-key': key,
    'content-type': 'application/json',
  };
  const body = JSON.stringify({ products: [1, 2] });
  return { looked, answer: app.request('/orders', { method: 'POST', headers, body }) };
}
const present = (path: string, owner: Awaited<ReturnType<typeof makePerson>>) => presentAt(shop, path, owner);
const count = () => shop.ctx.orm.em.fork().count(Order);

describe('a request with an Idempotency-Key', () => {
  it('that comes again gets the same bytes, address and status, and has no second effect', async () => {
    const before = await count();
    const first = await place('again');
    const text = await first.text();
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    for (const body of [{ products: [1, 2] }, '{ "products" : [1,2] }']) {
      const again = await place('again', body);
      expect([again.status, again.headers.get('location')]).toEqual([201, first.headers.get('location')]);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await again.text()).toBe(text);
    }
    expect(await count()).toBe(before + 1);
  });

  it('is one request however many copies come at once, to several processes', async () => {
    const before = await count();
    const keys = Array.from({ length: 20 }, (_, index) => `copies-${index}`);
    const bodies = await Promise.all(
      keys.map(async (key) => {
        const copies = [shop, other, shop, other, shop].map((at) => place(key, { products: [1] }, at));
        const answers = await Promise.all(copies);
        expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
        expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
        return new Set(await Promise.all(answers.map((answer) => answer.text())));
      }),
    );
    expect(bodies.map(({ size }) => size)).toEqual(keys.map(() => 1));
    expect(await count()).toBe(before + keys.length);
  });

  it('gets the first answer also when whom the order was for has left since, and is compared with it', async () => {
    const { id } = await makePerson(shop);
    const wish = { user_id: id, products: [1] };
    const first = await place('for-somebody', wish, shop, 'admin');
    expect(first.status).toBe(201);
    expect((await shop.send('DELETE', `/users/${id}`, { as: 'admin' })).status).toBe(204);
    const again = await place('for-somebody', wish, shop, 'admin');
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(await again.text()).toBe(await first.text());
    const reused = await place('for-somebody', { ...wish, products: [2] }, shop, 'admin');
    expect(await problemOf(reused)).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('waits for a copy that another process works on, gets its bytes, and does nothing itself', async () => {
    const elsewhere = await beginElsewhere('elsewhere');
    const before = await count();
    const waiting = await placeWatched('elsewhere');
    await until('it has come back to the key', () => (waiting.looked.times >= 3 ? true : undefined));
    await elsewhere.commit();
    const answer = await waiting.answer;
    expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(await answer.text()).toBe('{"from":"elsewhere"}');
    expect(await count()).toBe(before);
  });

  it.each([
    ['', undefined],
    [', also when that one has the last piece', 1],
  ])('that another process answers between its look and its end is that one’s copy%s', async (_also, stock) => {
    const last = { title: 'Last of its kind', priceMinor: 100, currency: 'USD' };
    const em = shop.ctx.orm.em.fork();
    const product = stock === undefined ? 1 : await em.insert(Product, { ...last, stock });
    const [key, before] = [`raced-${product}`, `before-${product}`];
    await place(before, { products: [product] });
    const { fingerprint } = await em.findOneOrFail(IdempotencyKey, { key: before });
    const row = { fingerprint, status: 201, location: null, body: '{"from":"elsewhere"}', createdAt: new Date() };
    // Nothing of its own is stored yet when it has looked: the prices are read after that.
    const transaction: Transaction = (work) =>
      shop.ctx.transaction(async (tx, after) => {
        const watched = new Proxy(tx, {
          get: (of, name): unknown => {
            const value: unknown = Reflect.get(of, name);
            if (name !== 'execute' || typeof value !== 'function') return value;
            return async (sql: string, ...rest: readonly unknown[]): Promise<unknown> => {
              if (/from `products`/.test(sql))
                await shop.ctx.orm.em.fork().upsert(IdempotencyKey, { userId: 1, key, ...row });
              return Reflect.apply(value, of, [sql, ...rest]);
            };
          },
        });
        return work(watched, after);
      });
    const app = await buildApp({ ...shop.ctx, transaction }, shop.parts);
    const login = Granted.parse(await (await shop.send('POST', '/auth/login', { body: accounts.demo })).json());
    const orders = await count();
    const answer = await app.request('/orders', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${login.access_token}`,
        'idempotency-key': key,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ products: [product] }),
    });
    expect([answer.status, await answer.text()]).toEqual([201, '{"from":"elsewhere"}']);
    expect(await count()).toBe(orders);
  });

  it('is refused when the key ends in a blank, which a server that compares takes for nothing', () => {
    const isKey = (key: string) => IdempotencyHeaders.safeParse({ 'idempotency-key': key }).success;
    expect(['k', 'k k', 'k'.repeat(255)].map(isKey)).toEqual([true, true, true]);
    expect(['k ', ' ', '', 'k\t', 'k\u0000', 'k'.repeat(256)].map(isKey)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });

  it('waits, but not for ever, and is then told to come again', async () => {
    const elsewhere = await beginElsewhere('slow');
    const answer = await place('slow');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await problemOf(answer)).code).toBe('idempotency_key_in_use');
    await elsewhere.rollback();
    expect((await place('slow')).status).toBe(201);
  });

  it('is refused with another body or path, also while the first is under way', async () => {
    const [first, second] = await Promise.all([place('reused'), place('reused', { products: [1] })]);
    const [done, refused] = first.status === 201 ? [first, second] : [second, first];
    expect(done.status).toBe(201);
    expect((await problemOf(refused)).code).toBe('idempotency_key_reused');
    const { id } = await shop.place({ products: [1] });
    const headers = { 'idempotency-key': 'reused' };
    const elsewhere = await shop.send('POST', `/orders/${id}/cancel`, { as: 'demo', headers });
    expect((await problemOf(elsewhere)).code).toBe('idempotency_key_reused');
  });

  it('is compared with the body wherever one is taken, and gets the bytes of the first', async () => {
    const owner = await makePerson(shop, 'admin');
    const [changed, paid] = [await present('/orders/{id}', owner), await present('/orders/{id}/pay', owner)];
    const product = { title: 'Mug', price: 4 };
    const user = { email: 'keyed@example.com', password: 'a long sentence', name: 'Ada' };
    const cases = [
      ['PATCH', changed, { payment_method: 'pm_one' }, { payment_method: 'pm_two' }],
      ['POST', paid, { payment_method: 'pm_one' }, { payment_method: 'pm_two' }],
      ['POST', '/orders', { products: [1] }, { products: [1, 1] }],
      ['POST', '/products', product, { ...product, price: 5 }],
      ['POST', '/users', user, { ...user, name: 'Eve' }],
      ['POST', '/dead-letters/replay', { dry_run: true }, { dry_run: true, limit: 1 }],
    ] as const;
    for (const [method, path, body, another] of cases) {
      const headers = { authorization: `Bearer ${owner.token}`, 'idempotency-key': `${method} ${path}` };
      const first = await shop.send(method, path, { headers, body });
      expect([200, 201], path).toContain(first.status);
      const again = await shop.send(method, path, { headers, body });
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await again.text()).toBe(await first.text());
      const refused = await shop.send(method, path, { headers, body: another });
      expect(await problemOf(refused), path).toMatchObject({ code: 'idempotency_key_reused' });
    }
  });

  it('is compared with what comes as a body also where none is taken, and nobody reads it', async () => {
    const owner = await makePerson(shop, 'admin');
    const paths = ['/orders/{id}/cancel', '/webhooks/{id}/test'].map((path) => present(path, owner));
    for (const path of [...(await Promise.all(paths)), '/products/sync']) {
      const headers = { authorization: `Bearer ${owner.token}`, 'content-type': 'text/plain' };
      const send = async (key: string, body?: string) =>
        shop.send('POST', path, { headers: { ...headers, 'idempotency-key': key }, ...(body && { body }) });
      const first = await send(path);
      expect([200, 202], path).toContain(first.status);
      for (const body of [undefined, '{}', ' {\n} \n', '\n']) {
        const again = await send(path, body);
        expect(again.headers.get('idempotent-replayed'), `${path} ${body}`).toBe('true');
      }
      for (const body of ['{bad', '{}{}', '{"a":1}', 'é'])
        expect(await problemOf(await send(path, body)), path).toMatchObject({ code: 'idempotency_key_reused' });
      expect(await problemOf(await send(path, 'x'.repeat(65_537)))).toMatchObject({ code: 'too_large' });
    }
    const unread = { headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'text/plain' } };
    for (const body of ['{bad', 'x'.repeat(65_537)])
      expect((await shop.send('POST', '/products/sync', { ...unread, body })).status).toBe(202);
  });

  it('gets an answer of any length again', async () => {
    const em = shop.ctx.orm.em.fork();
    // A hundred lines of the longest titles there are.
    const row = { title: '\u{1f6d2}'.repeat(300), priceMinor: 100, currency: 'USD', stock: null };
    const products: number[] = [];
    for (let line = 0; line < 100; line += 1) products.push(await em.insert(Product, row));
    const first = await place('long', { products });
    const text = await first.text();
    expect(first.status).toBe(201);
    expect(Buffer.byteLength(text)).toBeGreaterThan(2 ** 16);
    expect(await (await place('long', { products })).text()).toBe(text);
  });

  it('frees its key when it is refused, and everyone has keys of their own', async () => {
    expect((await problemOf(await place('freed', { products: [999] }))).code).toBe('unknown_product');
    expect(await shop.ctx.orm.em.fork().count(IdempotencyKey, { key: 'freed' })).toBe(0);
    expect((await place('freed')).status).toBe(201);
    const admins = await place('freed', { products: [1] }, shop, 'admin');
    expect(admins.status).toBe(201);
    expect(admins.headers.get('idempotent-replayed')).toBeNull();
  });

  it('needs a key of 1 to 255 printable characters', async () => {
    expect((await place('x'.repeat(255))).status).toBe(201);
    for (const key of ['', 'x'.repeat(256), 'ключ'.normalize()]) {
      const encoded = Buffer.from(key).toString('latin1');
      expect((await problemOf(await place(encoded))).code).toBe('invalid');
    }
  });
});
