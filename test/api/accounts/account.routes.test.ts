import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionCookie } from '../../../src/api/callers/principal.ts';
import { User } from '../../../src/entities/accounts.entity.ts';
import { newPerson, sendAs } from '../../support/api/accounts.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const registration = (more = {}) => ({
  email: `${randomUUID()}@example.com`,
  password: 'a long sentence',
  name: 'Ada Example',
  ...more,
});
const register = (body: unknown) => api.send('POST', '/auth/register', { body });
const logIn = (email: string, password: string) => api.send('POST', '/auth/login', { body: { email, password } });

describe('registering', () => {
  it('opens an account of a customer that can log in, its e-mail in lower case', async () => {
    const email = `Ada.${randomUUID()}@Example.COM`;
    const answer = await register(registration({ email, name: ' Ada ' }));
    expect(answer.status).toBe(201);
    const user: unknown = await answer.json();
    expect(user).toEqual({
      email_confirmed_at: null,
      id: expect.any(Number),
      email: email.toLowerCase(),
      name: 'Ada',
      role: 'user',
      created_at: expect.stringMatching(/Z$/),
    });
    expect(answer.headers.get('location')).toMatch(/^\/users\/\d+$/);
    expect((await logIn(email.toUpperCase(), 'a long sentence')).status).toBe(200);
    const row = await api.ctx.orm.em.fork().findOneOrFail(User, { email: email.toLowerCase() });
    expect(row.passwordHash).toMatch(/^\$argon2id\$/);
  });

  it('refuses an e-mail that an account has, however it is written, also of two at once', async () => {
    const body = registration();
    const answers = await Promise.all([register(body), register({ ...body, email: body.email.toUpperCase() })]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
    expect(await problemOf(await register(body))).toMatchObject({
      code: 'email_taken',
      errors: [{ pointer: '/email', detail: 'is taken' }],
    });
  });

  it.each([
    [{ email: 'nobody' }, '/email'],
    [{ email: `${'x'.repeat(250)}@example.com` }, '/email'],
    [{ password: 'seven77' }, '/password'],
    [{ password: 'x'.repeat(1_025) }, '/password'],
    [{ name: '  ' }, '/name'],
    [{ name: 'x'.repeat(201) }, '/name'],
    [{ role: 'admin' }, '/role'],
    [{ id: 2 }, '/id'],
    [{ deletedAt: null }, '/deletedAt'],
  ])('refuses %j', async (more, pointer) => {
    expect(await pointersOf(await register(registration(more)))).toEqual([pointer]);
  });
});

it('takes no name with a control character or a line break in it', async () => {
  for (const character of ['\n', '\r', '\t', '\0', '\x1b', '\x7f', '\x85', '\u2028', '\u2029']) {
    const refused = await register(registration({ name: `Ada${character}Example` }));
    expect(await pointersOf(refused), JSON.stringify(character)).toEqual(['/name']);
  }
});

describe('logging out', () => {
  it('ends the login it came with and no other', async () => {
    const person = await newPerson(api);
    const [one, other] = [await person.logIn(), await person.logIn()];
    const answer = await sendAs(api, one, 'POST', '/auth/logout');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(new RegExp(`^${sessionCookie}=; Max-Age=0; Path=/`));
    expect((await problemOf(await sendAs(api, one, 'GET', '/auth/me'))).code).toBe('unauthenticated');
    expect((await sendAs(api, other, 'GET', '/auth/me')).status).toBe(200);
  });

  it('needs a login', async () => {
    expect((await problemOf(await api.send('POST', '/auth/logout'))).code).toBe('unauthenticated');
  });

  it('that fails says so, and takes nothing back', async () => {
    const person = await newPerson(api);
    // The login is found, and ending it fails.
    await api.ctx.orm.em.fork().execute('rename table audit_entries to audit_away');
    const answer = await person.send('POST', '/auth/logout');
    await api.ctx.orm.em.fork().execute('rename table audit_away to audit_entries');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await problemOf(answer)).toMatchObject({ code: 'unavailable', detail: expect.stringMatching(/still good/) });
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
  });

  it('by cookie needs this site as its origin', async () => {
    const token = await (await newPerson(api)).logIn();
    const answer = await api.send('POST', '/auth/logout', { headers: { cookie: `${sessionCookie}=${token}` } });
    expect((await problemOf(answer)).code).toBe('foreign_origin');
    expect((await sendAs(api, token, 'GET', '/auth/me')).status).toBe(200);
  });
});

describe('changing the password', () => {
  it('makes the new one count and ends every other login', async () => {
    const person = await newPerson(api);
    const other = await person.logIn();
    const answer = await person.send('POST', '/auth/password', { current: person.password, new: 'another sentence' });
    expect(answer.status).toBe(204);
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
    expect((await sendAs(api, other, 'GET', '/auth/me')).status).toBe(401);
    expect((await logIn(person.email, person.password)).status).toBe(401);
    expect((await logIn(person.email, 'another sentence')).status).toBe(200);
  });

  it('needs the current one', async () => {
    const person = await newPerson(api);
    const answer = await person.send('POST', '/auth/password', { current: 'something else', new: 'another sentence' });
    expect((await problemOf(answer)).code).toBe('bad_credentials');
    expect((await logIn(person.email, person.password)).status).toBe(200);
  });

  it('happens once when it is asked for twice at once', async () => {
    const person = await newPerson(api);
    const asked = ['another sentence', 'one more sentence'].map((wanted) =>
      person.send('POST', '/auth/password', { current: person.password, new: wanted }),
    );
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([204, 401]));
  });

  it('refuses a short one, and whoever is not logged in', async () => {
    const body = { current: 'orderflow-demo', new: 'short' };
    expect(await pointersOf(await api.send('POST', '/auth/password', { as: 'demo', body }))).toEqual(['/new']);
    expect((await problemOf(await api.send('POST', '/auth/password', { body }))).code).toBe('unauthenticated');
  });
});
