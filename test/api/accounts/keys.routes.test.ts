import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { noteUse } from '../../../src/accounts/api-keys.ts';
import { hashToken } from '../../../src/accounts/tokens.ts';
import { ApiKey } from '../../../src/entities/accounts.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { newPerson, type Person, sendAs } from '../../support/api/accounts.ts';
import { makeKey } from '../../support/api/personas.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { until } from '../../support/processes/process.ts';

const view = {
  id: z.uuid(),
  user_id: z.int(),
  name: z.string(),
  scopes: z.array(z.string()),
  start: z.string(),
  per_minute: z.int().nullable(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
  last_used_from: z.string().nullable(),
  replaces: z.uuid().nullable(),
};
const View = z.strictObject(view);
const New = z.strictObject({ ...view, key: z.string().startsWith('ofk_') });
const List = z.strictObject({ data: z.array(View), next_cursor: z.string().nullable() });

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const wish = (more: object = {}) => ({ name: 'Warehouse', scopes: ['orders:read'], ...more });
async function create(person: Person, more: object = {}) {
  const answer = await person.send('POST', '/auth/keys', wish(more));
  expect(answer.status).toBe(201);
  return New.parse(await answer.json());
}
const list = async (person: Person, query = '') =>
  List.parse(await (await person.send('GET', `/auth/keys${query}`)).json());
const rowOf = (id: string) => api.ctx.orm.em.fork().findOneOrFail(ApiKey, id);

describe('making a key', () => {
  it('shows it once, keeps only its hash, and opens what its scopes name', async () => {
    const person = await newPerson(api);
    const answer = await person.send('POST', '/auth/keys', wish({ expires_at: inAnHour(), per_minute: 100 }));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { key, ...made } = New.parse(await answer.json());
    expect(answer.headers.get('location')).toMatch(new RegExp(`/auth/keys/${made.id}$`));
    expect(made).toMatchObject({
      user_id: person.id,
      scopes: ['orders:read'],
      start: key.slice(0, 8),
      per_minute: 100,
    });
    const row = await rowOf(made.id);
    expect(row.hash).toBe(hashToken(key));
    expect(JSON.stringify([row, await api.ctx.orm.em.fork().find(AuditEntry, {})])).not.toContain(key);
    expect(View.parse(await (await person.send('GET', `/auth/keys/${made.id}`)).json())).toEqual(made);
    expect((await sendAs(api, key, 'GET', '/orders')).status).toBe(200);
    const refused = await sendAs(api, key, 'POST', '/orders', { products: [1] });
    expect((await problemOf(refused)).code).toBe('insufficient_scope');
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="orders:write"');
  });

  it('is refused what it cannot be', async () => {
    const person = await newPerson(api);
    for (const [more, pointers] of [
      [{ scopes: ['orders:fly'] }, ['/scopes/0']],
      [{ scopes: [] }, ['/scopes']],
      [{ name: ' ' }, ['/name']],
      [{ expires_at: '2026-01-01T00:00:00Z' }, ['/expires_at']],
      [{ expires_at: 'soon' }, ['/expires_at']],
      [{ per_minute: 0 }, ['/per_minute']],
      [{ role: 'admin' }, ['/role']],
    ] as const)
      expect(new Set(await pointersOf(await person.send('POST', '/auth/keys', wish(more))))).toEqual(new Set(pointers));
  });

  it('gives nobody what their role does not', async () => {
    for (const [role, scope, status] of [
      ['user', 'orders:read:all', 403],
      ['user', 'jobs:read', 403],
      ['operator', 'jobs:read', 201],
      ['operator', 'events:read', 403],
      ['admin', 'events:read', 201],
    ] as const) {
      const person = await newPerson(api, role);
      const answer = await person.send('POST', '/auth/keys', wish({ scopes: [scope] }));
      expect([answer.status, role, scope]).toEqual([status, role, scope]);
    }
  });

  it('is for people: no key makes, sees, rotates or ends one, whatever its scopes', async () => {
    const person = await newPerson(api, 'admin');
    const { key, id } = await create(person, { scopes: ['orders:write:all', 'users:read:all', 'audit:read'] });
    const more = wish();
    for (const [method, path, body] of [
      ['POST', '/auth/keys', more],
      ['GET', '/auth/keys', undefined],
      ['POST', `/auth/keys/${id}/rotate`, {}],
      ['DELETE', `/auth/keys/${id}`, undefined],
      ['POST', '/auth/password', { current: person.password, new: 'another long sentence' }],
      ['GET', '/auth/tokens', undefined],
      ['PATCH', `/users/${person.id}`, { role: 'user' }],
      ['POST', '/users', { email: 'new@example.com', password: 'a long sentence', name: 'New' }],
      ['DELETE', '/users/1', undefined],
    ] as const)
      expect((await problemOf(await sendAs(api, key, method, path, body))).code, path).toBe('insufficient_scope');
  });

  it('ends at fifty of them, however many ask at once', async () => {
    const person = await newPerson(api);
    for (let count = 0; count < 48; count += 1) await makeKey(api, person.id, ['orders:read']);
    const answers = await Promise.all([1, 2, 3, 4].map(() => person.send('POST', '/auth/keys', wish())));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2);
  });
});

describe('a key', () => {
  it('comes in the Authorization header, never as a cookie', async () => {
    const person = await newPerson(api);
    const { key } = await create(person);
    expect((await sendAs(api, key, 'GET', '/orders')).status).toBe(200);
    const headers = { cookie: `orderflow_session=${key}` };
    expect((await api.send('GET', '/orders', { headers })).status).toBe(401);
  });

  it('tells when it was used last, written once a minute', async () => {
    const person = await newPerson(api);
    const { key, id, last_used_at } = await create(person);
    expect(last_used_at).toBeNull();
    const use = () => sendAs(api, key, 'GET', '/orders');
    await use();
    const first = await until('the first use', async () => (await rowOf(id)).lastUsedAt ?? undefined);
    expect(Math.abs(first.getTime() - Date.now())).toBeLessThan(60_000);
    // As other processes have it, which remember nothing of this use.
    const other = await useAt(id, new Date(first.getTime() + 59_000));
    expect(other).toEqual(first);
    expect(await useAt(id, new Date(first.getTime() + 61_000))).toEqual(new Date(first.getTime() + 61_000));
    const [shown] = (await list(person)).data;
    expect(shown?.last_used_at).toBe(new Date(first.getTime() + 61_000).toISOString());
  });

  it('ends with the role of its owner, and with a password that somebody else sets; a greater role leaves it', async () => {
    const admin = (id: number, body: object) => api.send('PATCH', `/users/${id}`, { as: 'admin', body });
    const statusAfter = async (change: object, role: 'user' | 'operator') => {
      const person = await newPerson(api, role);
      const { key } = await create(person);
      expect((await sendAs(api, key, 'GET', '/orders')).status).toBe(200);
      expect((await admin(person.id, change)).status).toBe(200);
      return (await sendAs(api, key, 'GET', '/orders')).status;
    };
    expect(await statusAfter({ role: 'user' }, 'operator')).toBe(401);
    expect(await statusAfter({ password: 'another long sentence' }, 'user')).toBe(401);
    expect(await statusAfter({ role: 'operator' }, 'user')).toBe(200);
    expect(await statusAfter({ name: 'Bob Example' }, 'user')).toBe(200);
  });

  it('is named in the audit of what it does and is refused, and its making and ending are audited', async () => {
    const person = await newPerson(api, 'admin');
    const { key, id } = await create(person, { scopes: ['products:write'] });
    await sendAs(api, key, 'POST', '/products', { title: 'By a key', price: 1 });
    await sendAs(api, key, 'POST', '/products/sync');
    await sendAs(api, key, 'POST', '/payments/stop');
    await person.send('POST', `/auth/keys/${id}/rotate`);
    await person.send('DELETE', `/auth/keys/${id}`);
    const entries = await api.ctx.orm.em.fork().find(AuditEntry, { userId: person.id }, { orderBy: { id: 'asc' } });
    const told = entries.map(({ action, keyId, code, subject }) => [action, keyId ?? null, code ?? subject]);
    expect(told).toContainEqual(['createKey', null, id]);
    expect(told).toContainEqual(['createProduct', id, expect.any(String)]);
    expect(told).toContainEqual(['stopPayments', id, 'insufficient_scope']);
    expect(told).toContainEqual(['rotateKey', null, id]);
    expect(told).toContainEqual(['endKey', null, id]);
  });

  it('has a limit of its own within that of its owner', async () => {
    const person = await newPerson(api);
    const { key } = await create(person, { per_minute: 2 });
    const answers = [];
    for (let count = 0; count < 3; count += 1) answers.push(await sendAs(api, key, 'GET', '/orders'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toContain('"key";q=2;w=60');
    expect(answers[2]?.headers.get('ratelimit')).toMatch(/^"key";r=0;t=\d+$/);
    expect((await person.send('GET', '/orders')).status).toBe(200);
    const other = await create(person, { per_minute: 2 });
    expect((await sendAs(api, other.key, 'GET', '/orders')).status).toBe(200);
    // An order is counted in the process alone, and not less.
    const third = await create(person, { scopes: ['orders:write'], per_minute: 1 });
    const orders = [];
    for (let count = 0; count < 2; count += 1)
      orders.push((await sendAs(api, third.key, 'POST', '/orders', { products: [1] })).status);
    expect(orders).toEqual([201, 429]);
  });
});

/** Notes a use at that moment as another process would, and returns what then stands there. */
async function useAt(id: string, at: Date): Promise<Date | null | undefined> {
  await noteUse(api.ctx.orm.em.fork(), id, '192.0.2.7', at);
  return (await rowOf(id)).lastUsedAt;
}

describe('rotating a key', () => {
  it('makes one that takes over, and lets the old one go on for a while', async () => {
    const person = await newPerson(api);
    const old = await create(person, { per_minute: 500, expires_at: inAnHour() });
    const answer = await person.send('POST', `/auth/keys/${old.id}/rotate`, { overlap_seconds: 600 });
    const { key, ...made } = New.parse(await answer.json());
    expect(made).toMatchObject({ name: old.name, scopes: old.scopes, per_minute: 500, replaces: old.id });
    // As long as the old one was to last, counted anew.
    expect(Date.parse(made.expires_at ?? '') - Date.parse(made.created_at)).toBe(
      Date.parse(old.expires_at ?? '') - Date.parse(old.created_at),
    );
    for (const token of [old.key, key]) expect((await sendAs(api, token, 'GET', '/orders')).status).toBe(200);
    const left = ((await rowOf(old.id)).expiresAt?.getTime() ?? 0) - Date.now();
    expect([left > 0, left <= 600_000]).toEqual([true, true]);
  });

  it.each([
    ['endless', undefined],
    ['good for an hour', inAnHour()],
  ])('a second time makes one that is %s too, as what is replaced was', async (_what, end) => {
    const person = await newPerson(api);
    const old = await create(person, { expires_at: end });
    const rotate = async () => {
      const answer = await person.send('POST', `/auth/keys/${old.id}/rotate`, { overlap_seconds: 60 });
      return New.parse(await answer.json());
    };
    const lifeOf = ({ created_at, expires_at }: Awaited<ReturnType<typeof rotate>>) =>
      expires_at === null ? null : Date.parse(expires_at) - Date.parse(created_at);
    const lost = await rotate();
    expect(lifeOf(lost)).toBe(lifeOf(old));
    // Whoever did not get it may have ended it.
    expect((await person.send('DELETE', `/auth/keys/${lost.id}`)).status).toBe(204);
    for (const made of [await rotate(), await rotate()]) expect(lifeOf(made)).toBe(lifeOf(old));
  });

  it('makes one that ends no later than can be written', async () => {
    const person = await newPerson(api);
    const last = '9999-12-31T23:59:59.999Z';
    const old = await create(person, { expires_at: last });
    const day = 86_400_000;
    await api.ctx.orm.em.fork().nativeUpdate(ApiKey, { id: old.id }, { createdAt: new Date(Date.now() - day) });
    const answer = await person.send('POST', `/auth/keys/${old.id}/rotate`);
    expect(New.parse(await answer.json()).expires_at).toBe(last);
  });

  it('never lengthens what ends sooner, and without an overlap ends the old one at once', async () => {
    const person = await newPerson(api);
    const soon = new Date(Date.now() + 60_000);
    const brief = await create(person, { expires_at: soon.toISOString() });
    await person.send('POST', `/auth/keys/${brief.id}/rotate`);
    expect((await rowOf(brief.id)).expiresAt).toEqual(soon);
    const old = await create(person);
    expect((await sendAs(api, old.key, 'GET', '/orders')).status).toBe(200);
    const made = await person.send('POST', `/auth/keys/${old.id}/rotate`, { overlap_seconds: 0 });
    expect(New.parse(await made.json()).expires_at).toBeNull();
    expect((await sendAs(api, old.key, 'GET', '/orders')).status).toBe(401);
    expect((await person.send('POST', `/auth/keys/${old.id}/rotate`)).status).toBe(404);
  });

  it('is for the owner', async () => {
    const [person, other] = [await newPerson(api), await newPerson(api, 'admin')];
    const { id } = await create(person);
    for (const [method, path] of [
      ['POST', `/auth/keys/${id}/rotate`],
      ['GET', `/auth/keys/${id}`],
      ['DELETE', `/auth/keys/${id}`],
    ] as const)
      expect((await problemOf(await other.send(method, path))).code).toBe('not_found');
  });
});

describe('listing keys', () => {
  it("shows one's own that have not expired, newest first, page after page, and never a key", async () => {
    const person = await newPerson(api);
    const [first, second] = [await create(person), await create(person)];
    await makeKey(api, person.id, ['orders:read'], -1);
    const page = await list(person, '?limit=1');
    const rest = await list(person, `?limit=1&cursor=${page.next_cursor}`);
    expect([...page.data, ...rest.data].map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(rest.next_cursor).toBeNull();
    const other = await newPerson(api);
    expect((await list(other)).data).toEqual([]);
    expect(await pointersOf(await other.send('GET', `/auth/keys?cursor=${page.next_cursor}`))).toEqual(['cursor']);
  });
});
