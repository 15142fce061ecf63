import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Token, User } from '../../../src/entities/accounts.entity.ts';
import { adminId, demoId, newPerson } from '../../support/api/accounts.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const asAdmin = (method: string, path: string, body?: unknown) =>
  api.send(method, path, body === undefined ? { as: 'admin' } : { as: 'admin', body });
const logIn = (email: string, password: string) => api.send('POST', '/auth/login', { body: { email, password } });
const codeOf = async (answer: Response) => (await problemOf(answer)).code;

describe('changing an account', () => {
  it('changes one’s own name and e-mail, and what is not named stays', async () => {
    const person = await newPerson(api);
    const email = `new-${person.email}`;
    const change = { email: email.toUpperCase(), current_password: person.password };
    const answer = await person.send('PATCH', `/users/${person.id}`, change);
    expect(await answer.json()).toMatchObject({ id: person.id, email, name: 'Ada Example', role: 'user' });
    expect((await logIn(email, person.password)).status).toBe(200);
    expect((await logIn(person.email, person.password)).status).toBe(401);
    expect(await (await person.send('PATCH', `/users/${person.id}`, { name: 'Eve' })).json()).toMatchObject({ email });
    expect(await (await person.send('PATCH', `/users/${person.id}`, {})).json()).toMatchObject({ name: 'Eve' });
  });

  it('takes another e-mail of one’s own only with the present password', async () => {
    for (const person of [await newPerson(api), await newPerson(api, 'admin')]) {
      const path = `/users/${person.id}`;
      const email = `stolen-${person.email}`;
      expect(await pointersOf(await person.send('PATCH', path, { email }))).toEqual(['/current_password']);
      const wrong = await person.send('PATCH', path, { email, name: 'Eve', current_password: 'not theirs' });
      expect(await codeOf(wrong)).toBe('bad_credentials');
      const same = await person.send('PATCH', path, { email: person.email.toUpperCase(), name: 'Ann' });
      expect(await same.json()).toMatchObject({ email: person.email, name: 'Ann' });
      expect((await asAdmin('PATCH', path, { email })).status).toBe(200);
      await asAdmin('DELETE', path);
    }
  });

  it('counts wrong passwords there with those that are tried elsewhere', async () => {
    const person = await newPerson(api);
    const change = { email: `stolen-${person.email}`, current_password: 'not theirs' };
    for (let count = 0; count < 10; count += 1)
      expect(await codeOf(await person.send('PATCH', `/users/${person.id}`, change))).toBe('bad_credentials');
    expect(await codeOf(await person.send('PATCH', `/users/${person.id}`, change))).toBe('too_many_requests');
  });

  it('gives roles at once, when an administrator does it', async () => {
    const person = await newPerson(api);
    expect(await codeOf(await person.send('GET', '/users'))).toBe('forbidden');
    const answer = await asAdmin('PATCH', `/users/${person.id}`, { role: 'admin' });
    expect(await answer.json()).toMatchObject({ role: 'admin' });
    expect((await person.send('GET', '/users')).status).toBe(200);
    await asAdmin('PATCH', `/users/${person.id}`, { role: 'user' });
    expect(await codeOf(await person.send('GET', '/users'))).toBe('forbidden');
  });

  it('does not let anyone else give roles, to themselves least of all', async () => {
    for (const person of [await newPerson(api), await newPerson(api, 'operator')]) {
      expect(await codeOf(await person.send('PATCH', `/users/${person.id}`, { role: 'admin' }))).toBe('forbidden');
      expect(await codeOf(await person.send('PATCH', `/users/${demoId}`, { name: 'x' }))).toBe('not_found');
    }
  });

  it('lets an administrator set a password, which ends the logins; one’s own goes another way', async () => {
    const person = await newPerson(api);
    expect((await asAdmin('PATCH', `/users/${person.id}`, { password: 'set by someone' })).status).toBe(200);
    expect((await person.send('GET', '/auth/me')).status).toBe(401);
    expect((await logIn(person.email, 'set by someone')).status).toBe(200);
    expect(await codeOf(await asAdmin('PATCH', `/users/${adminId}`, { password: 'set by myself' }))).toBe('forbidden');
  });

  it('refuses a taken e-mail, unknown fields and unknown accounts', async () => {
    const person = await newPerson(api);
    const path = `/users/${person.id}`;
    const taken = { email: 'demo@example.com', current_password: person.password };
    expect(await codeOf(await person.send('PATCH', path, taken))).toBe('email_taken');
    expect(await pointersOf(await person.send('PATCH', path, { id: 1, passwordHash: 'x', createdAt: 1 }))).toEqual([
      '/id',
      '/passwordHash',
      '/createdAt',
    ]);
    expect(await pointersOf(await person.send('PATCH', path, { name: '' }))).toEqual(['/name']);
    expect(await codeOf(await asAdmin('PATCH', '/users/9999', { name: 'x' }))).toBe('not_found');
    expect(await codeOf(await api.send('PATCH', path, { body: { name: 'x' } }))).toBe('unauthenticated');
  });
});

describe('deleting an account', () => {
  it('leaves its orders and nothing personal, ends its logins and frees its e-mail', async () => {
    const person = await newPerson(api);
    const placed = await person.send('POST', '/orders', { products: [1] });
    const path = placed.headers.get('location') ?? '';
    expect((await person.send('DELETE', `/users/${person.id}`)).status).toBe(204);

    expect((await person.send('GET', '/auth/me')).status).toBe(401);
    expect((await logIn(person.email, person.password)).status).toBe(401);
    expect(await codeOf(await asAdmin('GET', `/users/${person.id}`))).toBe('not_found');
    expect(await codeOf(await asAdmin('PATCH', `/users/${person.id}`, { name: 'x' }))).toBe('not_found');
    expect(await codeOf(await asAdmin('DELETE', `/users/${person.id}`))).toBe('not_found');
    expect(await (await asAdmin('GET', path)).json()).toMatchObject({ user_id: person.id });
    expect(await api.ctx.orm.em.fork().count(Token, { user: person.id })).toBe(0);
    const rows = JSON.stringify(await api.ctx.orm.em.fork().execute('select * from users where id = ?', [person.id]));
    expect(rows).not.toContain(person.email);
    expect(rows).not.toContain('Ada');
    const again = { email: person.email, password: 'a long sentence', name: 'Ada Example' };
    expect((await api.send('POST', '/auth/register', { body: again })).status).toBe(201);
  });

  it('of someone else is for administrators', async () => {
    const person = await newPerson(api, 'operator');
    expect(await codeOf(await person.send('DELETE', `/users/${demoId}`))).toBe('not_found');
    expect(await codeOf(await api.send('DELETE', `/users/${person.id}`))).toBe('unauthenticated');
    expect((await asAdmin('DELETE', `/users/${person.id}`)).status).toBe(204);
    const users: unknown = await (await asAdmin('GET', '/users?limit=100')).json();
    expect(JSON.stringify(users)).not.toContain(`"id":${person.id},`);
  });

  it('cannot be logged in to by the address that stands in its row', async () => {
    const person = await newPerson(api);
    await person.send('DELETE', `/users/${person.id}`);
    const { email } = await api.ctx.orm.em.fork().findOneOrFail(User, person.id);
    for (const password of [person.password, 'orderflow-demo', ''])
      expect((await logIn(email, password || 'x')).status).toBe(401);
  });
});

describe('the last administrator', () => {
  it('can neither go nor step down', async () => {
    expect(await codeOf(await asAdmin('DELETE', `/users/${adminId}`))).toBe('last_administrator');
    expect(await codeOf(await asAdmin('PATCH', `/users/${adminId}`, { role: 'operator' }))).toBe('last_administrator');
    expect(await (await asAdmin('PATCH', `/users/${adminId}`, { role: 'admin' })).json()).toMatchObject({
      role: 'admin',
    });
  });

  it('is left when all of them step down at the same moment', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => newPerson(api, 'admin')));
    const asked = people.map((person) => person.send('DELETE', `/users/${person.id}`));
    const all = await Promise.all([...asked, asAdmin('PATCH', `/users/${adminId}`, { role: 'user' })]);
    const refused = all.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(1);
    expect(await api.ctx.orm.em.fork().count(User, { role: 'admin' })).toBe(1);
  });
});
