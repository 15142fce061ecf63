import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserView } from '../../../src/api/accounts/user-view.ts';
import { IdempotencyKey } from '../../../src/entities/ops.entity.ts';
import { adminId, demoId, newPerson, type Person } from '../../support/api/accounts.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

const List = z.strictObject({ data: z.array(UserView.strict()), next_cursor: z.string().nullable() });

let api: TestApi;
let person: Person;
let operator: Person;
beforeAll(async () => {
  api = await openTestApi();
  person = await newPerson(api);
  operator = await newPerson(api, 'operator');
});
afterAll(() => api.close());

describe('listing users', () => {
  const list = async (query = '') =>
    List.parse(await (await api.send('GET', `/users${query}`, { as: 'admin' })).json());

  it('shows everyone to an administrator, page after page, no password among it', async () => {
    const all = (await list()).data.map(({ id }) => id);
    expect(all).toEqual([demoId, adminId, person.id, operator.id]);
    const first = await list('?limit=3');
    const second = await list(`?limit=3&cursor=${first.next_cursor}`);
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(all);
    expect(second.next_cursor).toBeNull();
    expect((await list('?email=DEMO@example.com')).data.map(({ id }) => id)).toEqual([demoId]);
    expect((await list('?email=demo@example.com&role=operator')).data).toEqual([]);
    expect((await list('?role=operator')).data.map(({ id }) => id)).toEqual([operator.id]);
  });

  it.each(['?limit=0', '?cursor=x', '?role=king', '?email=demo'])('refuses %s', async (query) => {
    const parameter = query.slice(1, query.indexOf('='));
    expect(await pointersOf(await api.send('GET', `/users${query}`, { as: 'admin' }))).toEqual([parameter]);
  });

  it('is for administrators', async () => {
    expect((await problemOf(await api.send('GET', '/users'))).code).toBe('unauthenticated');
    for (const who of [person, operator])
      expect((await problemOf(await who.send('GET', '/users'))).code).toBe('forbidden');
  });
});

describe('opening an account for someone', () => {
  const body = { email: 'New.Operator@example.com', password: 'a long sentence', name: 'New', role: 'operator' };

  it('gives it the role that is named, else that of a customer', async () => {
    const answer = await api.send('POST', '/users', { as: 'admin', body });
    expect(answer.status).toBe(201);
    const user = UserView.strict().parse(await answer.json());
    expect(user).toMatchObject({ email: 'new.operator@example.com', role: 'operator' });
    expect(answer.headers.get('location')).toBe(`/users/${user.id}`);
    expect(await (await api.send('GET', `/users/${user.id}`, { as: 'admin' })).json()).toEqual(user);
    const { role: _role, ...customer } = { ...body, email: 'customer@example.com' };
    expect(await (await api.send('POST', '/users', { as: 'admin', body: customer })).json()).toMatchObject({
      role: 'user',
    });
    expect((await problemOf(await api.send('POST', '/users', { as: 'admin', body }))).code).toBe('email_taken');
  });

  it.each([
    [{ role: 'king' }, '/role'],
    [{ email: '@' }, '/email'],
    [{ password: 'short' }, '/password'],
    [{ passwordHash: 'x' }, '/passwordHash'],
    [{ id: 1 }, '/id'],
  ])('refuses %j', async (more, pointer) => {
    const answer = await api.send('POST', '/users', { as: 'admin', body: { ...body, ...more } });
    expect(await pointersOf(answer)).toEqual([pointer]);
  });

  it('is for administrators', async () => {
    expect((await problemOf(await api.send('POST', '/users', { body }))).code).toBe('unauthenticated');
    for (const who of [person, operator])
      expect((await problemOf(await who.send('POST', '/users', body))).code).toBe('forbidden');
  });
});

describe('opening an account twice with one key', () => {
  const post = (key: string, given: object) =>
    api.send('POST', '/users', { as: 'admin', body: given, headers: { 'idempotency-key': key } });

  it('is one account and one answer, and with another password another request', async () => {
    const given = { email: 'twice@example.com', password: 'the first sentence', name: 'Ada' };
    const first = await (await post('twice', given)).text();
    const again = await post('twice', given);
    expect([again.status, again.headers.get('idempotent-replayed'), await again.text()]).toEqual([201, 'true', first]);
    for (const other of ['the first sentencE', 'the first sentence ']) {
      const refused = await post('twice', { ...given, password: other });
      expect(refused.status).toBe(422);
      expect((await problemOf(refused)).code).toBe('idempotency_key_reused');
    }
    const login = { email: given.email, password: given.password };
    expect((await api.send('POST', '/auth/login', { body: login })).status).toBe(200);
  });

  it('keeps nothing that is quicker to guess the password from than its hash', async () => {
    const given = { email: 'kept@example.com', password: 'another sentence', name: 'Ada', role: 'user' };
    await post('kept', given);
    const { fingerprint } = await api.ctx.orm.em.fork().findOneOrFail(IdempotencyKey, { key: 'kept' });
    const { password, ...rest } = given;
    const quick = (text: string) => createHash('sha256').update(text).digest('hex');
    const guesses = [given, rest, { ...rest, password }, { ...rest, password: quick(password) }];
    for (const body of guesses) expect(fingerprint).not.toBe(quick(JSON.stringify(['POST', '/users', body])));
  });
});

describe('reading an account', () => {
  it('shows one their own, and an administrator everyone’s', async () => {
    const own: unknown = await (await person.send('GET', `/users/${person.id}`)).json();
    expect(own).toMatchObject({ id: person.id, email: person.email, role: 'user' });
    expect(await (await api.send('GET', `/users/${person.id}/`, { as: 'admin' })).json()).toEqual(own);
  });

  it('does not find someone else’s, for operators either, nor what is no id', async () => {
    for (const who of [person, operator])
      for (const id of [demoId, adminId, 9_999, 'me', '0', '1.0'])
        expect((await problemOf(await who.send('GET', `/users/${id}`))).code).toBe('not_found');
    expect((await problemOf(await api.send('GET', '/users/9999', { as: 'admin' }))).code).toBe('not_found');
  });

  it('needs a login', async () => {
    expect((await problemOf(await api.send('GET', `/users/${person.id}`))).code).toBe('unauthenticated');
  });
});
