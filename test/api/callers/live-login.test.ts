import { randomUUID } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecondFactor, Token, User } from '../../../src/entities/accounts.entity.ts';
import { sendAs } from '../../support/api/accounts.ts';
import { makeKey, makePerson, present } from '../../support/api/personas.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { openAlertApi } from '../../support/api/alerts.ts';
import type { TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openAlertApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
type Person = Awaited<ReturnType<typeof makePerson>>;
type Asked = readonly [method: string, path: string, body?: unknown];

const password = 'a long sentence';
const newcomer = () => ({ email: `${randomUUID()}@example.com`, password, name: 'Ada Example', role: 'admin' });
const secret = new Secret({ size: 20 });
const code = () => TOTP.generate({ secret });
const factor = (userId: number, confirmedAt: Date | null) =>
  em().insert(SecondFactor, { userId, secret: secret.base32, createdAt: new Date(), confirmedAt });
const url = 'https://shop.example.com/hook';

/** What is made for oneself that outlives the login, and lets somebody in or buys. */
const own: Readonly<Record<string, (as: Person) => Promise<Asked>>> = {
  'changing the password': async () => ['POST', '/auth/password', { current: password, new: 'another sentence' }],
  'beginning a second factor': async () => ['POST', '/auth/mfa', { password }],
  'confirming a second factor': async ({ id }) => {
    await factor(id, null);
    return ['POST', '/auth/mfa/confirm', { code: code() }];
  },
  'making an alert': async () => ['POST', '/market/alerts', { symbol: 'AAPL', above: 200 }],
  'ending a second factor': async ({ id }) => {
    await factor(id, new Date());
    return ['POST', '/auth/mfa/end', { password, code: code() }];
  },
};
/** What is made by somebody because of their role. */
const byRole: Readonly<Record<string, (as: Person, other: Person) => Promise<Asked>>> = {
  'making a key': async () => ['POST', '/auth/keys', { name: 'A key', scopes: ['orders:read:all'] }],
  'rotating a key': async ({ id }) => ['POST', `/auth/keys/${(await makeKey(api, id, ['orders:read'])).id}/rotate`],
  'making a webhook': async () => ['POST', '/webhooks', { url, scope: 'all' }],
  'changing a webhook': async (as) => ['PATCH', await present(api, '/webhooks/{id}', as), { url }],
  'opening an account': async () => ['POST', '/users', newcomer()],
  'giving a role': async (_as, { id }) => ['PATCH', `/users/${id}`, { role: 'admin' }],
  "setting somebody's password": async (_as, { id }) => ['PATCH', `/users/${id}`, { password: 'another sentence' }],
  "changing somebody's e-mail": async (_as, { id }) => ['PATCH', `/users/${id}`, { email: newcomer().email }],
  "ending somebody's second factor": async (_as, { id }) => {
    await factor(id, new Date());
    return ['DELETE', `/users/${id}/mfa`];
  },
  'deleting an account': async (_as, { id }) => ['DELETE', `/users/${id}`],
};

/** Somebody whose login this process remembers, and what they ask for. */
async function remembered(ask: (as: Person, other: Person) => Promise<Asked>) {
  const [person, other] = [await makePerson(api, 'admin'), await makePerson(api)];
  const [method, path, body] = await ask(person, other);
  expect((await sendAs(api, person.token, 'GET', '/auth/me')).status).toBe(200);
  return { person, send: () => sendAs(api, person.token, method, path, body) };
}

describe('a login that another process has ended', () => {
  it.each(Object.entries({ ...own, ...byRole }))('is not remembered for %s', async (_what, ask) => {
    const { person, send } = await remembered(ask);
    await em().nativeDelete(Token, { id: person.tokenId });
    expect((await problemOf(await send())).code).toBe('unauthenticated');
  });

  it.each(Object.entries({ ...own, ...byRole }))('is one for %s as long as it is there', async (_what, ask) => {
    const { send } = await remembered(ask);
    expect((await send()).status).toBeLessThan(300);
  });
});

describe('a role that another process has taken away', () => {
  it.each(Object.entries(byRole))('is not remembered for %s', async (_what, ask) => {
    const { person, send } = await remembered(ask);
    await em().nativeUpdate(User, { id: person.id }, { role: 'user' });
    expect((await send()).status).toBe(403);
  });
});

it('a key that another process has ended makes no webhook', async () => {
  const { id } = await makePerson(api);
  const key = await makeKey(api, id, ['webhooks:write']);
  const make = () => sendAs(api, key.key, 'POST', '/webhooks', { url });
  expect((await make()).status).toBe(201);
  await em().execute('delete from api_keys where id = ?', [key.id]);
  expect((await problemOf(await make())).code).toBe('unauthenticated');
});
