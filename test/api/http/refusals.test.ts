import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import { problemCodes } from '../../../src/problem-codes.ts';
import { accounts, Granted, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
let app: Awaited<ReturnType<typeof buildApp>>;
let authorization: string;
beforeAll(async () => {
  api = await openTestApi();
  app = await buildApp(api.ctx, api.parts);
  const login = await api.send('POST', '/auth/login', { body: accounts.demo });
  authorization = `Bearer ${Granted.parse(await login.json()).access_token}`;
});
afterAll(() => api.close());

const bodied = ['/auth/login', '/orders'];
const post = (path: string, body: string | Uint8Array | ReadableStream, type = 'application/json') =>
  app.request(path, { method: 'POST', headers: { authorization, 'content-type': type }, body, duplex: 'half' });
const json = (value: unknown) => JSON.stringify(value);

describe('an unknown path', () => {
  it('answers 404, with and without a login, and never says what it might have been', async () => {
    for (const path of ['/nope', '/orders/1/2/3', '//orders', '/%00', '/auth', '/.env', '/docs/../package.json'])
      expect(await problemOf(await api.send('GET', path)), path).toMatchObject({ status: 404, code: 'not_found' });
    expect((await api.send('POST', '/nope', { as: 'admin', body: {} })).status).toBe(404);
  });
});

const ofJava = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';
const ofBrowser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('a page tells', () => {
  const typeOf = async (method: string, path: string, accept: string) =>
    (await api.send(method, path, { as: 'admin', headers: { accept } })).headers.get('content-type')?.split(';')[0];
  const problem = 'application/problem+json';

  it('of what is not there whoever looks for a page in a browser', async () => {
    for (const path of ['/nope', '/problems/nope', '/app/nope', '/docs/nope'])
      for (const accept of [
        ofBrowser,
        ofJava,
        'text/html',
        'text/html, */*',
        'TEXT/HTML, application/json;q=0.9',
        'text/*, */*;q=0.1',
      ]) {
        expect(await typeOf('GET', path, accept), `${path} ${accept}`).toBe('text/html');
        expect(await typeOf('HEAD', path, accept), `${path} ${accept}`).toBe('text/html');
      }
  });

  it('of nothing else, and nobody who would rather have JSON', async () => {
    for (const path of ['/jobs/nosuch', '/orders/nosuch', '/products/999999', '/market/quote?symbol=NOSUCHSYM'])
      for (const accept of [ofBrowser, ofJava, 'text/html'])
        expect(await typeOf('GET', path, accept), `${path} ${accept}`).toBe(problem);
    for (const [method, path] of [
      ['POST', '/payments/webhook/nosuch'],
      ['DELETE', '/products/999999'],
      ['POST', '/nope'],
    ] as const)
      expect(await typeOf(method, path, ofJava), path).toBe(problem);
    const others = [
      'text/html;q=0.5, application/json',
      'text/html, application/problem+json',
      'application/json, text/plain, */*',
      '*/*',
      'text/html;q=0',
      '',
    ];
    for (const accept of others) expect(await typeOf('GET', '/nope', accept), accept).toBe(problem);
  });
});

describe('a known path with another method', () => {
  it('answers 405 and what is allowed, before it asks for a login or reads a body', async () => {
    const cases = [
      ['DELETE', '/auth/login', 'POST'],
      ['PUT', '/auth/me', 'GET, HEAD'],
      ['POST', '/jobs/019341d2-0000-7000-8000-000000000001', 'GET, HEAD'],
      ['POST', '/healthz', 'GET, HEAD'],
      ['POST', '/openapi.json', 'GET, HEAD'],
      ['OPTIONS', '/auth/ping', 'GET, HEAD'],
    ] as const;
    for (const [method, path, allow] of cases)
      for (const slash of ['', '/']) {
        const answer = await api.send(method, path + slash, { body: method === 'OPTIONS' ? undefined : '{' });
        expect(await problemOf(answer), path).toMatchObject({ status: 405, code: 'method_not_allowed' });
        expect(answer.headers.get('allow')).toBe(allow);
      }
    const allowed = (await api.send('PUT', '/orders')).headers.get('allow')?.split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['GET', 'HEAD', 'POST']));
  });
});

describe('a trailing slash', () => {
  it('changes nothing', async () => {
    for (const path of ['/auth/me', '/orders', '/jobs/kinds', '/problems/invalid', '/docs', '/readyz']) {
      const [without, withSlash] = await Promise.all([
        api.send('GET', path, { as: 'demo' }),
        api.send('GET', `${path}/`, { as: 'demo' }),
      ]);
      expect([withSlash.status, await withSlash.text()]).toEqual([200, await without.text()]);
    }
    expect((await api.send('POST', '/orders/', { as: 'demo', body: { products: [1] } })).status).toBe(201);
  });
});

describe('a body', () => {
  it('of 64 KiB is read, of one byte more is refused, whether its length is said or not', async () => {
    const most = 64 * 1024;
    for (const path of bodied) {
      expect((await post(path, ' '.repeat(most))).status).toBe(400);
      expect(await problemOf(await post(path, ' '.repeat(most + 1)))).toMatchObject({ status: 413, code: 'too_large' });
      const stream = new Blob([' '.repeat(most + 1)]).stream();
      expect(await problemOf(await post(path, stream))).toMatchObject({ status: 413, code: 'too_large' });
    }
  });

  it('that never ends is refused as soon as it is too long', async () => {
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(65_537)) });
    expect(await problemOf(await post('/orders', endless))).toMatchObject({ status: 413, code: 'too_large' });
  });

  it('of another type than JSON in UTF-8 is refused', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      'application/json; charset=utf-16',
    ];
    for (const path of bodied)
      for (const type of types)
        expect(await problemOf(await post(path, '{}', type)), type).toMatchObject({ code: 'unsupported_media_type' });
    expect((await post('/orders', json({ products: [1] }), 'Application/JSON; charset=UTF-8')).status).toBe(201);
  });

  it('that is packed is refused for that, whatever it holds, and by every reader', async () => {
    const text = json({ products: [1] });
    const send = (method: string, path: string, coding: string, body: string | Uint8Array) =>
      app.request(path, {
        method,
        headers: { authorization, 'content-type': 'application/json', 'content-encoding': coding },
        body,
      });
    const packed = [
      ['gzip', gzipSync(text)],
      ['br', text],
      ['identity, GZIP', text],
      ['deflate', '{'],
    ] as const;
    for (const [coding, body] of packed)
      for (const path of [...bodied, '/payments/webhook']) {
        const refused = await send('POST', path, coding, body);
        expect(await problemOf(refused), path).toMatchObject({ status: 415, code: 'unsupported_media_type' });
        expect(refused.headers.get('accept-encoding')).toBe('identity');
      }
    const long = await send('POST', '/orders', 'gzip', ' '.repeat(70_000));
    expect(await problemOf(long)).toMatchObject({ code: 'too_large' });
    const headers = { 'content-encoding': 'gzip' };
    const onBoard = await api.send('PUT', '/admin/queues/api/queues/payments/pause', { as: 'admin', headers });
    expect(await problemOf(onBoard)).toMatchObject({ code: 'unsupported_media_type' });
    for (const coding of ['identity', 'Identity', ''])
      expect((await send('POST', '/orders', coding, text)).status, coding).toBe(201);
  });

  it('that is not JSON, not UTF-8 or too deep is refused', async () => {
    const bodies = ['', '{', '{"a":1', "{'a':1}", 'NaN', '['.repeat(30_000), `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`];
    const invalidUtf8 = new Uint8Array([0x22, 0xff, 0xfe, 0x22]);
    for (const path of bodied)
      for (const body of [...bodies, invalidUtf8])
        expect(await problemOf(await post(path, body))).toMatchObject({ status: 400, code: 'malformed_json' });
  });

  it('of JSON that is nobody’s schema is refused with a pointer to the whole', async () => {
    for (const path of bodied)
      for (const body of ['null', '1', '"{}"', '[]', '"\\ud800"', `${'['.repeat(32)}${']'.repeat(32)}`]) {
        const problem = await problemOf(await post(path, body));
        expect(problem).toMatchObject({ status: 422, code: 'invalid', errors: [{ pointer: '' }] });
      }
  });

  it('that tries to reach the prototype reaches nothing', async () => {
    for (const body of ['{"__proto__":{"products":[1]}}', '{"constructor":{"prototype":{}},"products":[1]}'])
      expect((await post('/orders', body)).status).toBe(422);
  });
});

describe('an order of refusals', () => {
  it('asks who it is before it looks at the body, and at its size before its type and its text', async () => {
    const huge = '{'.repeat(70_000);
    const anonymous = await api.send('POST', '/orders', { body: huge, headers: { 'content-type': 'text/plain' } });
    expect(anonymous.status).toBe(401);
    expect((await post('/orders', huge, 'text/plain')).status).toBe(413);
    expect((await post('/orders', '{', 'text/plain')).status).toBe(415);
  });
});

describe('what is in a path or a query', () => {
  it('is never more than a thing not found or a parameter not fitting', async () => {
    const ids = [
      '1',
      '%00',
      '%ff',
      '%F0%9F%98%80',
      "'or 1=1--",
      '%2e%2e%2f',
      '%E0%A4%A',
      'a'.repeat(5_000),
      'a:b:c',
      'meta',
    ];
    for (const path of ['/orders', '/jobs', '/problems', '/docs', '/pages'])
      for (const id of ids)
        expect((await api.send('GET', `${path}/${id}`, { as: 'demo' })).status, `${path}/${id.slice(0, 20)}`).toBe(404);
    for (const query of ['cursor=%ff', 'cursor=W10', 'limit=', 'status[]=paid&limit=0', `cursor=${'a'.repeat(600)}`])
      expect((await api.send('GET', `/orders?${query}`, { as: 'demo' })).status, query).toBe(422);
  });
});

it('every code that is answered has its page', async () => {
  const { type } = await problemOf(await api.send('GET', '/nope'));
  const { pathname } = new URL(type);
  for (const code of Object.keys(problemCodes))
    expect((await api.send('GET', pathname.replace('not_found', code))).status, code).toBe(200);
});
