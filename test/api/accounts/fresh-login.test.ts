import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { Token, User } from '../../../src/entities/accounts.entity.ts';
import { sendAs } from '../../support/api/accounts.ts';
import { makeKey, makePerson } from '../../support/api/personas.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
type Person = Awaited<ReturnType<typeof makePerson>>;

/** What asks for it, with the status of its success. */
const asking: Readonly<
  Record<string, (as: Person, other: Person) => Promise<readonly [string, string, unknown, number]>>
> = {
  'making a key': async () => ['POST', '/auth/keys', { name: 'A key', scopes: ['orders:read'] }, 201],
  'rotating a key': async ({ id }) => {
    const key = await makeKey(api, id, ['orders:read']);
    return ['POST', `/auth/keys/${key.id}/rotate`, undefined, 201];
  },
  'deleting an account': async (_as, { id }) => ['DELETE', `/users/${id}`, undefined, 204],
  'giving a role': async (_as, { id }) => ['PATCH', `/users/${id}`, { role: 'operator' }, 200],
  "setting somebody's password": async (_as, { id }) => ['PATCH', `/users/${id}`, { password: 'a long sentence' }, 200],
  "changing somebody's address": async (_as, { id }) => [
    'PATCH',
    `/users/${id}`,
    { email: `other-${id}@example.com` },
    200,
  ],
  'opening an account with a role': async (_as, { id }) => [
    'POST',
    '/users',
    { email: `colleague-${id}@example.com`, password: 'a long sentence', name: 'Ada Example', role: 'operator' },
    201,
  ],
  "ending somebody's second factor": async (_as, { id }) => ['DELETE', `/users/${id}/mfa`, undefined, 409],
};

it.each(Object.entries(asking))('%s needs a login of the last ten minutes', async (_what, ask) => {
  const [person, other] = [await makePerson(api, 'admin'), await makePerson(api)];
  const [method, path, body, success] = await ask(person, other);
  const loggedInAgo = (minutes: number) =>
    em().nativeUpdate(Token, { id: person.tokenId }, { createdAt: new Date(Date.now() - minutes * 60_000) });
  await loggedInAgo(10);
  expect((await problemOf(await sendAs(api, person.token, method, path, body))).code).toBe('fresh_login_required');
  expect((await em().findOneOrFail(User, other.id)).role).toBe('user');
  // Another process remembers nothing of the login; this one is told by a request that forgets.
  await loggedInAgo(9);
  await sendAs(api, person.token, 'PATCH', `/users/${person.id}`, { name: 'Ada Exemplar' });
  expect((await sendAs(api, person.token, method, path, body)).status).toBe(success);
});

it('nothing else does: names are changed, keys and logins ended at any time', async () => {
  const person = await makePerson(api);
  await em().nativeUpdate(Token, { id: person.tokenId }, { createdAt: new Date(0) });
  const { id } = await makeKey(api, person.id, ['orders:read']);
  for (const [method, path, body, status] of [
    ['PATCH', `/users/${person.id}`, { name: 'Ada Exemplar' }, 200],
    ['POST', '/orders', { products: [1] }, 201],
    ['DELETE', `/auth/keys/${id}`, undefined, 204],
    ['DELETE', '/auth/tokens', undefined, 204],
  ] as const)
    expect((await sendAs(api, person.token, method, path, body)).status, path).toBe(status);
});

it('money asks for none: a refund goes to whoever has paid, and whoever gives back all day long is not kept from it', async () => {
  const admin = await makePerson(api, 'admin');
  await em().nativeUpdate(Token, { id: admin.tokenId }, { createdAt: new Date(0) });
  const placed = await sendAs(api, admin.token, 'POST', '/orders', { products: [1] });
  const { id } = z.object({ id: z.uuid() }).parse(await placed.json());
  // It has not been paid yet: that, and not the login, is what keeps it from being given back.
  expect((await problemOf(await sendAs(api, admin.token, 'POST', `/orders/${id}/refund`, {}))).code).toBe(
    'order_closed',
  );
  const page = await (await api.send('GET', '/problems/fresh_login_required')).text();
  expect(page).toContain('Orders and refunds do not ask for it.');
});

it('opening an account without a role over others needs none, nor does being told again of one that was opened', async () => {
  const admin = await makePerson(api, 'admin');
  const open = (role: string) =>
    api.send('POST', '/users', {
      headers: { authorization: `Bearer ${admin.token}`, 'idempotency-key': `open-${role}` },
      body: { email: `${role}-of-${admin.id}@example.com`, password: 'a long sentence', name: 'Ada Example', role },
    });
  expect((await open('operator')).status).toBe(201);
  await em().nativeUpdate(Token, { id: admin.tokenId }, { createdAt: new Date(0) });
  await sendAs(api, admin.token, 'PATCH', `/users/${admin.id}`, { name: 'Ada Exemplar' });
  const again = await open('operator');
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
  expect((await problemOf(await open('admin'))).code).toBe('fresh_login_required');
  expect((await open('user')).status).toBe(201);
});
