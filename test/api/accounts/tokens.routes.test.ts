import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Token } from '../../../src/entities/accounts.entity.ts';
import { newPerson, type Person, sendAs } from '../../support/api/accounts.ts';
import { openServedApi } from '../../support/api/served-api.ts';
import { accounts, Granted, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

const View = z.strictObject({
  id: z.uuid(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  is_current: z.boolean(),
  is_two_factor: z.boolean(),
  device: z.string().nullable(),
  address: z.string().nullable(),
});
const List = z.strictObject({ data: z.array(View), next_cursor: z.string().nullable() });

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const list = async (person: Person, query = '') =>
  List.parse(await (await person.send('GET', `/auth/tokens${query}`)).json());

describe('listing logins', () => {
  it("shows one's own that have not expired, newest first, and which one this is", async () => {
    const person = await newPerson(api);
    await person.logIn();
    const gone = { id: '01900000-0000-7000-8000-000000000000', user: person.id, hash: 'x'.repeat(64) };
    await api.ctx.orm.em.fork().insert(Token, { ...gone, expiresAt: new Date(Date.now() - 1_000) });
    const { data } = await list(person);
    expect(data.map(({ is_current }) => is_current)).toEqual([false, true]);
    expect((await person.send('GET', `/auth/tokens/${gone.id}`)).status).toBe(404);
  });

  it('shows from which device and address each was made, and whether with a second factor', async () => {
    const person = await newPerson(api);
    const headers = { 'user-agent': 'x'.repeat(300) };
    const body = { email: person.email, password: person.password };
    expect((await api.send('POST', '/auth/login', { headers, body })).status).toBe(200);
    const { data } = await list(person);
    expect(data.map(({ device, is_two_factor }) => [device, is_two_factor])).toEqual([
      ['x'.repeat(200), false],
      [null, false],
    ]);
  });

  it('shows the address that a connection came from', async () => {
    const served = await openServedApi();
    const url = `http://127.0.0.1:${served.port}`;
    const body = JSON.stringify(accounts.demo);
    const headers = { 'content-type': 'application/json', 'user-agent': 'a test' };
    const granted = await fetch(`${url}/auth/login`, { method: 'POST', headers, body });
    const { access_token } = Granted.parse(await granted.json());
    const shown = await fetch(`${url}/auth/tokens`, { headers: { authorization: `Bearer ${access_token}` } });
    const [login] = List.parse(await shown.json()).data;
    expect([login?.device, login?.address]).toEqual(['a test', '127.0.0.1']);
    await served.close();
  });

  it('goes on page after page, for whom it was begun', async () => {
    const [person, other] = [await newPerson(api), await newPerson(api)];
    await person.logIn();
    const first = await list(person, '?limit=1');
    const second = await list(person, `?limit=1&cursor=${first.next_cursor}`);
    expect([...first.data, ...second.data]).toEqual((await list(person)).data);
    expect(second.next_cursor).toBeNull();
    expect(await pointersOf(await other.send('GET', `/auth/tokens?cursor=${first.next_cursor}`))).toEqual(['cursor']);
  });

  it('needs a login', async () => {
    expect((await problemOf(await api.send('GET', '/auth/tokens'))).code).toBe('unauthenticated');
  });
});

describe('one login', () => {
  it('can be seen and ended by its owner', async () => {
    const person = await newPerson(api);
    const other = await person.logIn();
    const [newest] = (await list(person)).data;
    expect(View.parse(await (await person.send('GET', `/auth/tokens/${newest?.id}`)).json())).toEqual(newest);
    expect((await person.send('DELETE', `/auth/tokens/${newest?.id}`)).status).toBe(204);
    expect((await sendAs(api, other, 'GET', '/auth/me')).status).toBe(401);
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
    expect((await problemOf(await person.send('DELETE', `/auth/tokens/${newest?.id}`))).code).toBe('not_found');
  });

  it('of someone else is not found, for administrators either', async () => {
    const person = await newPerson(api);
    const [theirs] = (await list(person)).data;
    for (const method of ['GET', 'DELETE'])
      for (const as of ['demo', 'admin'] as const)
        expect((await problemOf(await api.send(method, `/auth/tokens/${theirs?.id}`, { as }))).code).toBe('not_found');
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
  });

  it.each(['no-such-login', '%00', '1'])('called %s is not found', async (id) => {
    for (const method of ['GET', 'DELETE'])
      expect((await problemOf(await api.send(method, `/auth/tokens/${id}`, { as: 'demo' }))).code).toBe('not_found');
  });

  it('needs a login', async () => {
    for (const method of ['GET', 'DELETE'])
      expect((await problemOf(await api.send(method, '/auth/tokens/1'))).code).toBe('unauthenticated');
  });
});

describe('ending all logins', () => {
  it("ends one's own, this one included, and nobody else's", async () => {
    const [person, other] = [await newPerson(api), await newPerson(api)];
    const second = await person.logIn();
    expect((await person.send('DELETE', '/auth/tokens')).status).toBe(204);
    expect((await person.send('GET', '/auth/me')).status).toBe(401);
    expect((await sendAs(api, second, 'GET', '/auth/me')).status).toBe(401);
    expect((await other.send('GET', '/auth/me')).status).toBe(200);
    expect((await problemOf(await person.send('DELETE', '/auth/tokens'))).code).toBe('unauthenticated');
  });
});
