import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { boardAct } from '../../../src/api/ops/board-act.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { pruneTokens } from '../../../src/jobs/accounts/prune-tokens.job.ts';
import { adminId, demoId, newPerson } from '../../support/api/accounts.ts';
import { everythingInMysql } from '../../support/stores/everything-stored.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  await until('Redis is there', () => (api.ctx.redis.status === 'ready' ? true : undefined));
});
afterAll(() => api.close());

const Entries = z.object({
  data: z.array(
    z.looseObject({
      id: z.string(),
      actor: z.int().nullable(),
      action: z.string(),
      subject: z.string().nullable(),
      status: z.int().nullable(),
      code: z.string().nullable(),
      request_id: z.string(),
    }),
  ),
  next_cursor: z.string().nullable(),
});
const entries = (of: Readonly<{ requestId?: string }> = {}) =>
  api.ctx.orm.em.fork().find(AuditEntry, of, { orderBy: { id: 'asc' } });
const audit = async (query: string) => {
  const answer = await api.send('GET', `/audit?${query}`, { as: 'admin' });
  return Entries.parse(await answer.json()).data;
};
const logIn = (email: string, password: string) => api.send('POST', '/auth/login', { body: { email, password } });
const pausedIn = (text: string | null | undefined) =>
  z.object({ paused: z.boolean() }).parse(JSON.parse(text ?? '')).paused;
const board = '/admin/queues/api/queues';

describe('every change on the board', () => {
  it('is two entries of one request, before and after: who, what, which queue and job, and how it ended', async () => {
    const id = await api.ctx.jobs.enqueue(pruneTokens, {});
    const changes = [
      ['PUT', '/upkeep/pause', 'PUT pause', 'upkeep', 'upkeep', 200],
      ['PUT', '/upkeep/resume', 'PUT resume', 'upkeep', 'upkeep', 200],
      ['PUT', '/upkeep/clean/completed', 'PUT clean/completed', 'upkeep', 'upkeep', 200],
      ['PUT', `/upkeep/${id}/clean`, 'PUT clean', 'upkeep', id, 204],
      ['PUT', `/upkeep/${id}/retry`, 'PUT retry', 'upkeep', id, 404],
      ['PUT', '/no-such-queue/pause', 'PUT no-such-queue pause', null, null, 404],
    ] as const;
    for (const [method, path, action, queue, subject, status] of changes) {
      const answer = await api.send(method, board + path, { as: 'admin' });
      expect(answer.status, path).toBe(status);
      const rows = await entries({ requestId: answer.headers.get('x-request-id') ?? '' });
      const entry = { action, queue, subject, userId: adminId };
      // Entries of one millisecond have no order.
      const [first, last] = rows.toSorted((one, other) => (one.status ?? 0) - (other.status ?? 0));
      expect([rows.length, first, last]).toMatchObject([2, { ...entry, status: null }, { ...entry, status }]);
      if (action === 'PUT pause') expect([last?.before, last?.after].map(pausedIn)).toEqual([false, true]);
      if (action === 'PUT retry') expect(last?.before).toBe('{"state":"unknown"}');
      expect(Math.abs((last?.at.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
    }
  });

  it('that is refused for the role is one entry, and of strangers none', async () => {
    expect((await api.send('PUT', `${board}/upkeep/pause`, { as: 'demo' })).status).toBe(403);
    const [refused] = await audit(`actor=${demoId}&action=PUT%20pause`);
    expect(refused).toMatchObject({ subject: 'upkeep', status: 403, code: 'forbidden' });
    const before = (await entries()).length;
    expect((await api.send('PUT', `${board}/upkeep/pause`)).status).toBe(401);
    expect((await api.send('GET', board, { as: 'admin' })).status).toBe(200);
    expect(await entries()).toHaveLength(before);
  });

  it('is not made when it cannot be written down', async () => {
    await api.ctx.orm.em.fork().execute('rename table audit_entries to audit_entries_away');
    expect((await api.send('PUT', `${board}/upkeep/pause`, { as: 'admin' })).status).toBe(500);
    expect(await api.ctx.jobs.queues.get('upkeep')?.isPaused()).toBe(false);
    await api.ctx.orm.em.fork().execute('rename table audit_entries_away to audit_entries');
  });
});

describe('a login', () => {
  it('is an entry, whether it succeeds or fails, and so is its end', async () => {
    const person = await newPerson(api);
    expect((await logIn(person.email, 'not their password')).status).toBe(401);
    expect((await person.send('POST', '/auth/logout')).status).toBe(204);
    const found = await audit(`subject=${person.id}`);
    const told = found.map(({ action, actor, status, code }) => [action, actor, status, code]);
    expect(told).toHaveLength(4);
    expect(told).toEqual(
      expect.arrayContaining([
        ['logout', person.id, 204, null],
        ['login', null, 401, 'bad_credentials'],
        ['login', person.id, 200, null],
        ['createUser', adminId, 201, null],
      ]),
    );
  });

  it('of an address that nobody has is an entry that names neither address nor password', async () => {
    const [email, password] = ['stranger-9f3c@example.com', 'my other password 77'];
    const answer = await logIn(email, password);
    const [entry] = await audit('action=login');
    expect(entry).toMatchObject({ actor: null, subject: null, status: 401, code: 'bad_credentials' });
    expect(entry?.request_id).toBe(answer.headers.get('x-request-id'));
    const stored = await everythingInMysql(api.ctx.orm);
    for (const secret of [email, password]) expect(stored).not.toContain(secret);
  });

  it('that is not even looked at, after too many, is an entry as well', async () => {
    const person = await newPerson(api);
    for (let count = 0; count < 10; count += 1) expect((await logIn(person.email, 'wrong')).status).toBe(401);
    const answer = await logIn(person.email, person.password);
    expect(answer.status).toBe(429);
    const [entry] = await entries({ requestId: answer.headers.get('x-request-id') ?? '' });
    expect(entry).toMatchObject({ action: 'login', status: 429, code: 'too_many_requests' });
  });

  it('or anything else that is refused again and again stops filling the table', async () => {
    const person = await newPerson(api);
    for (let count = 0; count < 65; count += 1) await person.send('GET', '/events');
    expect(await audit(`actor=${person.id}&action=listEvents&limit=100`)).toHaveLength(60);
  });
});

describe('who tries what only others may', () => {
  it('stands there, also where the answer does not tell that there is something', async () => {
    const person = await newPerson(api);
    expect((await person.send('PATCH', `/users/${person.id}`, { role: 'admin' })).status).toBe(403);
    expect((await person.send('DELETE', `/users/${demoId}`)).status).toBe(404);
    expect((await person.send('POST', '/orders', { user_id: demoId, products: [1] })).status).toBe(403);
    expect((await person.send('POST', '/auth/password', { current: 'x', new: 'a long one' })).status).toBe(401);
    const tried = await audit(`actor=${person.id}`);
    expect(tried.map(({ action, subject, status, code }) => [action, subject, status, code])).toEqual(
      expect.arrayContaining([
        ['changePassword', null, 401, 'bad_credentials'],
        ['placeOrder', null, 403, 'forbidden'],
        ['deleteUser', String(demoId), 404, 'forbidden'],
        ['changeUser', String(person.id), 403, 'forbidden'],
      ]),
    );
  });
});

describe('what has changed', () => {
  it('is told as it was and as it is, without what is secret or personal', async () => {
    const person = await newPerson(api);
    const change = { role: 'operator', name: 'Grace Other', password: 'a new long sentence' };
    const path = `/users/${person.id}`;
    expect((await api.send('PATCH', path, { as: 'admin', body: change })).status).toBe(200);
    expect((await api.send('DELETE', path, { as: 'admin' })).status).toBe(204);
    const found = await audit(`subject=${person.id}&actor=${adminId}`);
    const [deleted, changed] = ['deleteUser', 'changeUser'].map((name) => found.find(({ action }) => action === name));
    expect(deleted).toMatchObject({ action: 'deleteUser', before: { role: 'operator' }, after: null });
    expect(changed).toMatchObject({
      action: 'changeUser',
      before: { role: 'user', name: '…' },
      after: { role: 'operator', name: '…', password: '…' },
    });
    const stored = await everythingInMysql(api.ctx.orm);
    for (const gone of [person.email, 'Grace', change.password]) expect(stored).not.toContain(gone);
  });

  it('of a product are the fields that differ, in the words of the API', async () => {
    const body = { title: 'A thing', price: 10.5 };
    const location = (await api.send('POST', '/products', { as: 'admin', body })).headers.get('location') ?? '';
    await api.send('PATCH', location, { as: 'admin', body: { price: 11, title: 'A thing' } });
    const found = await audit(`subject=${location.split('/').pop()}&actor=${adminId}`);
    const [changed, created] = ['changeProduct', 'createProduct'].map((name) =>
      found.find(({ action }) => action === name),
    );
    expect(changed).toMatchObject({ action: 'changeProduct', before: { price: 10.5 }, after: { price: 11 } });
    expect(changed).not.toHaveProperty('after.title');
    expect(created).toMatchObject({ action: 'createProduct', before: null, after: { title: 'A thing', price: 10.5 } });
  });
});

describe('an order that an administrator places for somebody', () => {
  it('has an entry however long it is', async () => {
    const row = { title: '物'.repeat(300), priceMinor: 100, currency: 'USD', stock: null };
    const em = api.ctx.orm.em.fork();
    const products: number[] = [];
    for (let count = 0; count < 100; count += 1) products.push(await em.insert(Product, row));
    const placed = await api.send('POST', '/orders', { as: 'admin', body: { user_id: demoId, products } });
    expect(placed.status).toBe(201);
    const [entry] = await audit('action=placeOrder&actor=2');
    expect(entry).toMatchObject({ status: 201, after: { user_id: demoId, total_amount: 100 } });
    expect(entry).toHaveProperty('after.items.length', 100);
  });
});

describe('the audit', () => {
  it('is read by operators, newest first, page by page, and changed by nobody', async () => {
    const operator = await newPerson(api, 'operator');
    const page = Entries.parse(await (await operator.send('GET', '/audit?limit=2&action=PUT%20retry')).json());
    expect(page.data.map(({ status }) => status)).toEqual(expect.arrayContaining([404, null]));
    const all: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await operator.send('GET', `/audit?action=login&limit=2${cursor && `&cursor=${cursor}`}`);
      const { data, next_cursor } = Entries.parse(await answer.json());
      all.push(...data.map(({ id }) => id));
      cursor = next_cursor;
    }
    const logins = (await entries()).filter(({ action }) => action === 'login').map(({ id }) => id);
    expect(all).toEqual(logins.toReversed());
    const found = await audit('actor=demo@example.com');
    expect(new Set(found.map(({ actor }) => actor))).toEqual(new Set([demoId]));
    expect(await audit('actor=nobody@example.com')).toEqual([]);
    for (const [name, value] of [
      ['action', 'login'],
      ['subject', String(demoId)],
    ])
      for (const written of [`%20${value}`, `${value}%20`])
        expect(await audit(`${name}=${written}`), written).toEqual(await audit(`${name}=${value}`));
    expect((await problemOf(await api.send('GET', '/audit?actor=me', { as: 'admin' }))).code).toBe('invalid');
    expect((await problemOf(await api.send('GET', '/audit', { as: 'demo' }))).code).toBe('forbidden');
    expect((await problemOf(await api.send('GET', '/audit?cursor=x', { as: 'admin' }))).code).toBe('invalid');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect((await api.send(method, '/audit', { as: 'admin', body: {} })).status, method).toBe(405);
  });

  it('is cut out by time, and a day is counted whole', async () => {
    const em = api.ctx.orm.em.fork();
    const old = { action: 'OLD', requestId: crypto.randomUUID(), userId: 7_777 };
    await em.insert(AuditEntry, {
      ...old,
      id: '00000000-0000-7000-8000-000000000001',
      at: new Date('2024-02-29T23:59:59Z'),
    });
    await em.insert(AuditEntry, {
      ...old,
      id: '00000000-0000-7000-8000-000000000002',
      at: new Date('2024-03-01T00:00:00Z'),
    });
    const found = async (query: string) => (await audit(`actor=7777&${query}`)).map(({ id }) => id.at(-1));
    expect(await found('from=2024-02-29&to=2024-02-29')).toEqual(['1']);
    expect(await found('from=2024-03-01T00:00:00%2B00:00')).toEqual(['2']);
    expect(await found('to=2024-02-29T23:59:58Z')).toEqual([]);
    expect(await found('')).toEqual(['2', '1']);
    expect((await problemOf(await api.send('GET', '/audit?from=yesterday', { as: 'admin' }))).code).toBe('invalid');
  });
});

describe('a change', () => {
  const queues = new Set(['payments']);
  it.each([
    ['/pause', { action: 'PUT pause', queue: null, subject: null }],
    ['/payments/empty', { action: 'PUT empty', queue: 'payments', subject: 'payments' }],
    ['/payments/retry/failed', { action: 'PUT retry/failed', queue: 'payments', subject: 'payments' }],
    ['/payments/rate-limit/release', { action: 'PUT rate-limit/release', queue: 'payments', subject: 'payments' }],
    ['/payments/job-schedulers/x%3A1/run', { action: 'PUT job-schedulers/x:1/run', subject: 'payments' }],
    ['/payments/repeat%3Ax%3A1/promote', { action: 'PUT promote', queue: 'payments', subject: 'repeat:x:1' }],
    ['/payments/%E0%A4%A/promote', { action: 'PUT promote', queue: 'payments', subject: '%E0%A4%A' }],
  ])('at %s is named', (path, change) => {
    expect(boardAct('PUT', board + path, queues)).toMatchObject(change);
  });
});
