import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import { sessionCookie } from '../../../src/api/callers/principal.ts';
import { Token } from '../../../src/entities/accounts.entity.ts';
import { hashing } from '../../../src/accounts/passwords.ts';
import { accounts, Granted, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const logIn = (body: unknown = accounts.demo) => api.send('POST', '/auth/login', { body });
const tokenOf = async (response: Response) => Granted.parse(await response.json()).access_token;
const asBearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const inCookie = (token: string, origin?: string) => ({
  headers: { cookie: `${sessionCookie}=${token}`, ...(origin === undefined ? {} : { origin }) },
});

describe('logging in', () => {
  it('answers a token for a day that opens what is its owner’s, also by another spelling of the e-mail', async () => {
    const answer = await logIn({ ...accounts.demo, email: 'Demo@Example.com' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const granted: unknown = await answer.clone().json();
    expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 86_400 });
    const me = await api.send('GET', '/auth/me', asBearer(await tokenOf(answer)));
    expect(await me.json()).toMatchObject({ id: 1, email: accounts.demo.email, role: 'user' });
  });

  it('sets the token as a cookie that scripts cannot read and other sites cannot use', async () => {
    const answer = await logIn();
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toContain(`${sessionCookie}=${await tokenOf(answer)}`);
    expect(cookie.split('; ').slice(1).toSorted()).toEqual(['HttpOnly', 'Max-Age=86400', 'Path=/', 'SameSite=Lax']);
  });

  it('keeps of the token its hash alone', async () => {
    const token = await tokenOf(await logIn());
    const rows = await api.ctx.orm.em.fork().execute<object[]>('select * from tokens');
    const stored = JSON.stringify(rows);
    expect(stored).not.toContain(token);
    expect(stored).toContain(createHash('sha256').update(token).digest('hex'));
  });

  it('refuses a wrong password and an unknown e-mail alike', async () => {
    const wrong = await problemOf(await logIn({ ...accounts.demo, password: 'wrong' }));
    const unknown = await problemOf(await logIn({ email: 'nobody@example.com', password: 'wrong' }));
    expect({ ...unknown, request_id: '' }).toEqual({ ...wrong, request_id: '' });
    expect(wrong).toMatchObject({ status: 401, code: 'bad_credentials' });
  });

  it('does the same work for a known and an unknown e-mail: one verification', async () => {
    let begun = 0;
    const count = () => (begun += 1);
    hashing.subscribe(count);
    for (const email of [accounts.demo.email, 'nobody@example.com']) {
      begun = 0;
      expect((await logIn({ email, password: 'wrong' })).status).toBe(401);
      expect(begun, email).toBe(1);
    }
    hashing.unsubscribe(count);
  });

  it('refuses what is no login, naming every field', async () => {
    expect(await pointersOf(await logIn({ email: 'no', role: 'admin' }))).toEqual(['/email', '/password', '/role']);
    expect(await pointersOf(await logIn({ email: { $gt: '' }, password: 'x' }))).toEqual(['/email']);
  });
});

describe('a token', () => {
  it('is asked for, and refused when it is unknown, garbled or of another scheme', async () => {
    const headers = ['', 'Bearer', 'Bearer x', `Bearer ${'a'.repeat(43)}`, 'Basic ZGVtbzpkZW1v'];
    const answers = await Promise.all(
      headers.map((authorization) => api.send('GET', '/auth/me', authorization ? { headers: { authorization } } : {})),
    );
    for (const answer of answers) {
      expect(await problemOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('opens nothing once it has expired', async () => {
    const token = await tokenOf(await logIn());
    const hash = createHash('sha256').update(token).digest('hex');
    const expiresAt = new Date(Date.now() - 1);
    await api.ctx.orm.em.fork().nativeUpdate(Token, { hash }, { expiresAt });
    expect((await problemOf(await api.send('GET', '/auth/me', asBearer(token)))).status).toBe(401);
  });
});

describe('the cookie', () => {
  const order = { body: { products: [1] } };

  it('reads from anywhere, and writes from this site alone', async () => {
    const token = await tokenOf(await logIn());
    expect((await api.send('GET', '/orders', inCookie(token, 'https://evil.example'))).status).toBe(200);
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', undefined]) {
      const refused = await api.send('POST', '/orders', { ...order, ...inCookie(token, origin) });
      expect(await problemOf(refused)).toMatchObject({ status: 403, code: 'foreign_origin' });
    }
    expect((await api.send('POST', '/orders', { ...order, ...inCookie(token, 'http://localhost') })).status).toBe(201);
    const proxied = inCookie(token, api.ctx.config.publicUrl);
    expect((await api.send('POST', '/orders', { ...order, ...proxied })).status).toBe(201);
  });

  it('writes from whatever name of this site was asked for, also where a proxy ends its TLS', async () => {
    const token = await tokenOf(await logIn());
    const app = await buildApp(api.ctx, api.parts);
    const place = async (asked: string, origin: string) => {
      const headers = { ...inCookie(token, origin).headers, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(order.body) };
      return (await app.request(`${asked}/orders`, init)).status;
    };
    expect(await place('http://other.example', 'https://other.example')).toBe(201);
    expect(await place('http://other.example:443', 'https://other.example')).toBe(201);
    expect(await place('http://other.example:8443', 'https://other.example:8443')).toBe(201);
    for (const origin of ['https://evil.example', 'https://other.example:8443', 'https://an.other.example', 'null'])
      expect(await place('http://other.example', origin), origin).toBe(403);
    expect(await place('https://other.example', 'http://other.example')).toBe(403);
  });

  it('does not stand in for a token that is no good', async () => {
    const { cookie } = inCookie(await tokenOf(await logIn())).headers;
    const answer = await api.send('GET', '/auth/me', { headers: { cookie, authorization: 'Bearer nonsense' } });
    expect(answer.status).toBe(401);
  });
});

it('is said to be there without a look at anything', async () => {
  const answer = await api.send('GET', '/auth/ping');
  expect(await answer.json()).toEqual({ status: 'ok' });
});
