import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadRoutes } from '../../../src/api/app.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { adminId } from '../../support/api/accounts.ts';
import { makeKey, makePerson, present as presentAt } from '../../support/api/personas.ts';
import { webhooksOf } from '../../support/api/webhooks.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

const routes = await loadRoutes();
const paths = [...Map.groupBy(routes, ({ route }) => route.path)].map(([path, of]) => ({
  path: path.replace(/\{\w+\}/, '1'),
  methods: of.map(({ route }) => route.method.toUpperCase()),
}));
const bodied = routes
  .filter(({ route }) => route.request?.body)
  .map(({ route }) => [route.method.toUpperCase(), route.path, route.request?.body?.required === false] as const);

let api: TestApi;
/** What the paths of bodied routes may name: nothing wrong with a body is told of what is not there. */
let order: string;
let webhook: string;
let key: string;
const present = (path: string) =>
  path
    .replace('/orders/{id}', `/orders/${order}`)
    .replace('/webhooks/{id}', `/webhooks/${webhook}`)
    .replace('/auth/keys/{id}', `/auth/keys/${key}`)
    .replace('{gateway}', 'stripe')
    .replace(/\{\w+\}/, '1');
beforeAll(async () => {
  const stripe = { PAYMENT_GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_none', STRIPE_WEBHOOK_SECRET: 'whsec_none' };
  api = await openTestApi({ RATE_LIMIT_BURST: '0', ...stripe });
  const placed = await api.send('POST', '/orders', { as: 'admin', body: { products: [1] } });
  order = z.object({ id: z.string() }).parse(await placed.json()).id;
  webhook = (await webhooksOf(api).create({ url: 'https://shop.example.com/hook' }, 'admin')).id;
  key = (await makeKey(api, adminId, ['orders:read'])).id;
});
afterAll(() => api.close());

describe('every path', () => {
  it.each(paths)('$path refuses the methods it does not take, whoever asks, and says which it takes', async (some) => {
    const taken = some.methods.includes('GET') ? [...some.methods, 'HEAD'] : some.methods;
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])
      for (const slash of some.path === '/' ? [''] : ['', '/'])
        if (!taken.includes(method)) {
          const answer = await api.send(method, some.path + slash);
          expect(answer.status, method).toBe(405);
          expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(taken.toSorted());
        }
  });

  it('is one path: what is before, behind or between is another one', async () => {
    for (const { path } of paths.filter((some) => some.path !== '/'))
      for (const other of [`/${path}`, `${path}/1/2/3`, `${path}%00`, `${path};a=1`, `${path}%2f`, `/v1${path}`]) {
        const { status } = await api.send('GET', other, { as: 'admin' });
        expect([404, 405], other).toContain(status);
      }
  });
});

// Symbols are told from others when they are read: what is none is refused as that.
const naming = routes
  .filter(({ route }) => route.path.includes('{') && !route.path.includes('{symbol}'))
  .map(({ route }) => [route.method.toUpperCase(), route.path] as const);

// To MySQL blanks at the end of a text are nothing when it compares.
describe.each(['%20', '%20%20', '%09', '%00', '%C2%A0', '%0A'])('a name in a path with %s behind it', (behind) => {
  it.each(naming)('is none to %s %s', async (method, path) => {
    const owner = await makePerson(api, 'admin');
    const named = await presentAt(api, path.replace('}', `}${behind}`), owner);
    const headers = { authorization: `Bearer ${owner.token}` };
    expect((await api.send(method, named, { headers })).status).toBe(404);
  });
});

describe('an Authorization', () => {
  const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIyIiwicm9sZSI6ImFkbWluIn0.';
  it.each([
    ['of another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['of a scheme alone', 'Bearer'],
    ['of nothing', ''],
    ['of blanks', 'Bearer    '],
    ['of two tokens', 'Bearer aaaaaaaaaaaaaaaaaaaaaaaa, Bearer bbbbbbbbbbbbbbbbbbbbbbbb'],
    ['of 16 KiB', `Bearer ${'a'.repeat(16_384)}`],
    ['that signs itself', `Bearer ${jwt}`],
    ['that signs itself in another scheme', `Basic ${jwt}`],
    ['of SQL', `Bearer ' or '1'='1`],
    ['that is a hash', `Bearer ${'0'.repeat(64)}`],
  ])('%s opens nothing', async (_what, authorization) => {
    for (const path of ['/auth/me', '/users', '/events', '/admin/queues'])
      expect((await api.send('GET', path, { headers: { authorization } })).status, path).toBe(401);
    expect((await api.send('GET', '/auth/ping', { headers: { authorization } })).status).toBe(200);
  });

  it('is not taken from the address or the body', async () => {
    const login = await api.send('POST', '/auth/login', {
      body: { email: 'demo@example.com', password: 'orderflow-demo' },
    });
    const token = /"access_token":"([^"]+)"/.exec(await login.text())?.[1] ?? '';
    for (const name of ['token', 'access_token', 'authorization', 'key'])
      expect((await api.send('GET', `/auth/me?${name}=${token}`)).status).toBe(401);
    expect((await api.send('POST', '/orders', { body: { products: [1], access_token: token } })).status).toBe(401);
  });
});

const huge = 'x'.repeat(70_000);
const bodies: readonly (readonly [string, string | undefined, string | undefined, readonly number[]])[] = [
  ['nothing', undefined, 'application/json', [400]],
  ['an unfinished object', '{"a":', 'application/json', [400]],
  ['an unfinished list', '[', 'application/json', [400]],
  ['single quotes', "{'a':1}", 'application/json', [400]],
  ['two values', '{}{}', 'application/json', [400]],
  ['NUL', '\u0000', 'application/json', [400]],
  ['no number', '{"a":NaN}', 'application/json', [400]],
  ['depth', `${'[['.repeat(20)}${']]'.repeat(20)}`, 'application/json', [400]],
  ['more depth than there is stack', '['.repeat(60_000), 'application/json', [400]],
  ['null', 'null', 'application/json', [422]],
  ['a number', '1', 'application/json', [422]],
  ['a text', '"{}"', 'application/json', [422]],
  ['a list', '[]', 'application/json', [422]],
  ['a list of objects', '[{}]', 'application/json', [422]],
  ['70 KB', JSON.stringify({ a: huge }), 'application/json', [413]],
  ['XML', '<a/>', 'text/xml', [415]],
  ['a form', 'a=1', 'application/x-www-form-urlencoded', [415]],
  ['parts', '--x\r\n\r\n--x--', 'multipart/form-data; boundary=x', [415]],
  ['two types', '{}', 'application/json, text/plain', [415]],
  ['JSON with a suffix', '{}', 'application/ld+json', [415]],
  ['another charset', '{}', 'application/json; charset=utf-16', [415]],
  ['no type', '{}', '', [415]],
];

describe.each(bodied)('the body of %s %s', (method, path, mayBeLeftOut) => {
  const wrong = bodies.filter(([, body]) => body !== undefined || !mayBeLeftOut);
  it.each(wrong)('of %s is refused', async (_what, body, type, statuses) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const answer = await api.send(method, present(path), {
      as: 'admin',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    // The gateway's events may be longer; this one is nobody's.
    const taken = path.startsWith('/payments/webhook')
      ? statuses.map((status) => (status === 413 ? 400 : status))
      : statuses;
    expect(taken).toContain((await problemOf(answer)).status);
  });

  it('with half a character in a text or a name is refused, and says where', async () => {
    const body = String.raw`{"name":"\ud800x","of":[{"a/b":"x\uDFFF","whole":"\ud83d\ude42"}],"\udc00":1}`;
    const answer = await api.send(method, present(path), { as: 'admin', body });
    const errors = [{ pointer: '/name' }, { pointer: '/of/0/a~1b' }, { pointer: '/\ufffd' }];
    // Of what is signed the signature is looked at first.
    const isSigned = path.startsWith('/payments/webhook');
    expect(await problemOf(answer)).toMatchObject(
      isSigned ? { status: 400, code: 'bad_signature' } : { status: 422, code: 'invalid', errors },
    );
  });

  it('with fields of the prototype, or named twice, hurts nobody', async () => {
    for (const body of [
      '{"__proto__":{"role":"admin"}}',
      '{"constructor":{"prototype":{"role":"admin"}}}',
      '{"a":1,"a":2}',
    ])
      expect((await api.send(method, present(path), { as: 'admin', body })).status, body).toBeLessThan(500);
    expect(Object.hasOwn(Object.prototype, 'role')).toBe(false);
  });
});

describe('mass assignment', () => {
  it.each([
    ['POST', '/auth/register', { email: 'eve@example.com', password: 'a long sentence', name: 'Eve', role: 'admin' }],
    ['POST', '/auth/register', { email: 'eve@example.com', password: 'a long sentence', name: 'Eve', id: 2 }],
    ['POST', '/auth/login', { email: { $gt: '' }, password: { $gt: '' } }],
    ['POST', '/auth/login', { email: 'demo@example.com', password: ['orderflow-demo'] }],
    ['POST', '/orders', { products: [1], status: 'paid' }],
    ['POST', '/orders', { items: [{ product_id: 1, quantity: 1, unit_price: 0 }] }],
    ['PATCH', '/users/1', { id: 2 }],
  ])('%s %s %o is refused', async (method, path, body) => {
    expect((await problemOf(await api.send(method, path, { as: 'demo', body }))).code).toBe('invalid');
  });
});

describe('an order of', () => {
  it.each([
    [{ products: [] }],
    [{ products: [0] }],
    [{ products: [-1] }],
    [{ products: ['1'] }],
    [{ products: [1.5] }],
    [{ products: [2 ** 53] }],
    [{ products: Array.from({ length: 1_001 }, () => 1) }],
    [{ products: [1], items: [{ product_id: 1, quantity: 1 }] }],
    [{ items: [{ product_id: 1, quantity: 0 }] }],
    [{ items: [{ product_id: 1, quantity: -1 }] }],
    [{ items: [{ product_id: 1, quantity: 1e9 }] }],
    [{ items: Array.from({ length: 101 }, (_, index) => ({ product_id: index + 1, quantity: 1 })) }],
    [{ products: [99_999_999] }],
    [{ products: [1], total_amount: 0 }],
    [{ products: [1], total_amount: -1 }],
    [{ products: [1], total_amount: '60' }],
    [{ products: [1], total_amount: 59.999 }],
    [{ products: [1], currency: 'XXXX' }],
    [{ products: [1], payment_method: 'pm card' }],
    [{}],
  ])('%o is refused, and nothing is made of it', async (body) => {
    expect((await api.send('POST', '/orders', { as: 'demo', body })).status).toBe(422);
  });

  it('an amount beyond all numbers is refused', async () => {
    const body = '{"products":[1],"total_amount":1e309}';
    expect((await api.send('POST', '/orders', { as: 'demo', body })).status).toBe(422);
  });
});

describe('a query', () => {
  it.each([
    'limit=-1',
    'limit=0',
    'limit=1000000000',
    'limit=1.5',
    'limit=1;drop table users',
    'cursor=forged',
    'limit=1&limit=2',
  ])('%s of a list is refused', async (query) => {
    for (const path of ['/orders', '/payments', '/products', '/users', '/auth/tokens', '/dead-letters'])
      if (query !== 'limit=1&limit=2')
        expect((await api.send('GET', `${path}?${query}`, { as: 'admin' })).status, path).toBe(422);
      else expect((await api.send('GET', `${path}?${query}`, { as: 'admin' })).status, path).toBeLessThan(500);
  });

  it.each([
    '',
    'a'.repeat(33),
    'AAPL&token=x',
    'AAPL%26token%3D',
    '../../',
    'ÄÄÄ',
    'ＡＡＰＬ',
    'AAPL%00',
    'A A',
    '%F0%9F%98%80',
  ])('of the symbol %o is refused', async (symbol) => {
    for (const path of ['/market/quote', '/market/company', '/market/news', '/market/quote/history']) {
      const { status } = await api.send('GET', `${path}?symbol=${symbol}`);
      expect([422, 503], `${path} ${status}`).toContain(status);
    }
  });

  it('with a parameter that has no name is refused, and one whose value looks like it is not', async () => {
    for (const query of ['=1', 'limit=1&=1', '=', '&=a'])
      expect(await pointersOf(await api.send('GET', `/products?${query}`)), query).toEqual(['']);
    for (const query of ['q=a?=1', 'q==', 'q=&', '&', '', 'q=%26=', 'q=%ED%A0%80'])
      expect((await api.send('GET', `/products?${query}`)).status, query).toBe(200);
  });

  it('of a thousand parameters, or with one of 8 KB, hurts nobody', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `p${index}=${index}`).join('&');
    expect((await api.send('GET', `/products?${many}`)).status).toBe(422);
    expect((await api.send('GET', `/products?q=${'(a+)+$'.repeat(1_400)}`)).status).toBe(422);
  });
});

it('what a client says of methods, types and ranges changes nothing', async () => {
  const headers = {
    'x-http-method-override': 'DELETE',
    accept: 'text/xml',
    range: 'bytes=0-1',
    'if-none-match': '"\\x00',
    'if-match': '*',
    'x-original-url': '/users',
    'x-forwarded-host': 'evil.example',
  };
  const plain = await api.send('GET', '/products/1');
  const odd = await api.send('GET', '/products/1', { headers });
  expect([odd.status, await odd.text()]).toEqual([200, await plain.text()]);
});
