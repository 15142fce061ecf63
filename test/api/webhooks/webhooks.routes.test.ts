import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../../src/api/app.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { findDue } from '../../../src/webhooks/claim.ts';
import { newPerson } from '../../support/api/accounts.ts';
import { makeKey, makePerson } from '../../support/api/personas.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { openWebhookApi, type WebhookApi } from '../../support/api/webhooks.ts';
import { verified } from '../../support/upstreams/webhook-receiver.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

const url = 'https://shop.example.com/hook?key=secret-of-the-url';
const Secret = z.object({ secret: z.string() });
const List = z.object({ data: z.array(z.looseObject({ id: z.string() })), next_cursor: z.string().nullable() });
const list = async (as: 'demo' | 'admin', query = '') =>
  List.parse(await (await at.api.send('GET', `/webhooks${query}`, { as })).json());
const post = (body: unknown, as: 'demo' | 'admin' = 'demo') => at.api.send('POST', '/webhooks', { as, body });
const change = (id: string, body: unknown) => at.api.send('PATCH', `/webhooks/${id}`, { as: 'demo', body });

describe('having a webhook', () => {
  it('answers with a secret this once, and shows everything but that from then on', async () => {
    const answer = await post({ url, types: ['order.paid'], symbols: ['aapl', 'btc'], description: ' The warehouse ' });
    expect(answer.status).toBe(201);
    const { secret, ...shown } = await at.hooks.create({ url, types: ['order.paid'], symbols: ['aapl', 'btc'] });
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    expect(shown).toMatchObject({
      url,
      user_id: 1,
      scope: 'own',
      types: ['order.paid'],
      symbols: ['AAPL', 'BINANCE:BTCUSDT'],
      status: 'active',
      failures: 0,
    });
    const read = await at.api.send('GET', `/webhooks/${shown.id}`, { as: 'demo' });
    expect(await read.json()).toEqual(shown);
    expect((await list('demo', '?limit=1')).data).toEqual([shown]);
  });

  it('may name every type of event that there is', async () => {
    const types = [...at.api.ctx.jobs.definitions.events.keys()];
    expect((await post({ url, types })).status).toBe(201);
  });

  it('repeated with its key gives the same bytes, secret included, and one webhook', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const answers = [];
    for (const _ of ['first', 'again'])
      answers.push(await (await at.api.send('POST', '/webhooks', { as: 'demo', body: { url }, headers })).text());
    expect(answers[0]).toBe(answers[1]);
  });

  it.each([
    [{ url: 'https://10.0.0.1/' }, '/url'],
    [{ url: 'https://169.254.169.254/latest' }, '/url'],
    [{ url: 'https://redis:6379/' }, '/url'],
    [{ url: 'http://shop.example.com/' }, '/url'],
    [{ url: 'nowhere' }, '/url'],
    [{ url, types: ['order.paid', 'order.eaten'] }, '/types/1'],
    [{ url, symbols: ['not a symbol'] }, '/symbols/0'],
    [{ url, secret: 'mine' }, '/secret'],
  ])('refuses %j', async (body, pointer) => {
    expect(await pointersOf(await post(body))).toEqual([pointer]);
  });

  it("of everybody's events is for administrators", async () => {
    expect((await problemOf(await post({ url, scope: 'all' }))).code).toBe('forbidden');
    expect((await post({ url, scope: 'all' }, 'admin')).status).toBe(201);
  });

  it("of everybody's events is an administrator's still when it is changed: their key without :all can pause and delete it", async () => {
    const { id } = await at.hooks.create({ url, scope: 'all' }, 'admin');
    const { key } = await makeKey(at.api, 2, ['webhooks:read', 'webhooks:write']);
    const by = (bearer: string) => (method: string, path: string, body?: object) =>
      at.api.send(method, `/webhooks/${id}${path}`, { headers: { authorization: `Bearer ${bearer}` }, body });
    const ask = by(key);
    const changes = [
      { url: 'https://other.example.com/' },
      { rotate_secret: true },
      { types: [] },
      { status: 'active' },
    ];
    for (const body of changes) expect((await problemOf(await ask('PATCH', '', body))).code).toBe('forbidden');
    expect((await problemOf(await ask('POST', '/replay', { from: '2026-01-01' }))).code).toBe('forbidden');
    // Whose orders they are about is none of a customer's business.
    expect((await problemOf(await ask('GET', '/deliveries'))).code).toBe('forbidden');
    const wide = by((await makeKey(at.api, 2, ['webhooks:read:all', 'webhooks:write:all'])).key);
    for (const body of changes) expect((await wide('PATCH', '', body)).status).toBe(200);
    expect((await wide('GET', '/deliveries')).status).toBe(200);
    expect(await (await ask('PATCH', '', { status: 'paused' })).json()).toMatchObject({ status: 'paused' });
    expect((await ask('POST', '/test')).status).toBe(202);
    expect((await ask('DELETE', '')).status).toBe(204);
  });

  it('has a bound, also when many come at once', async () => {
    const person = await newPerson(at.api);
    const row = { userId: person.id, scope: 'own' as const, url, types: '[]', symbols: '[]', secret: 'whsec_YQ==' };
    const rows = Array.from({ length: 98 }, () => ({ ...row, id: randomUUIDv7(), createdAt: new Date() }));
    await at.api.ctx.orm.em.fork().insertMany(WebhookEndpoint, rows);
    const answers = await Promise.all(Array.from({ length: 6 }, () => person.send('POST', '/webhooks', { url })));
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual('201 201 409 409 409 409'.split(' '));
  });

  it("is one's own: others do not find it, administrators do", async () => {
    const { id } = await at.hooks.create({ url });
    const other = await newPerson(at.api);
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/deliveries'],
      ['POST', '/test'],
      ['POST', '/replay'],
    ] as const) {
      const body = method === 'PATCH' || path === '/replay' ? {} : undefined;
      expect((await problemOf(await other.send(method, `/webhooks/${id}${path}`, body))).code).toBe('not_found');
    }
    expect((await at.api.send('GET', `/webhooks/${id}`, { as: 'admin' })).status).toBe(200);
    expect((await list('admin')).data.map((one) => one.id)).toContain(id);
    const theirs = List.parse(await (await other.send('GET', '/webhooks')).json());
    expect(theirs).toEqual({ data: [], next_cursor: null });
  });
});

describe('changing a webhook', () => {
  it('gives it a new secret, and both sign until the one before counts no more', async () => {
    const made = await at.hooks.create({ url: at.receiver.urlOf('/rotated') });
    const { secret } = Secret.parse(await (await change(made.id, { rotate_secret: true })).json());
    expect(secret).not.toBe(made.secret);
    await at.hooks.publish('a');
    await at.hooks.deliver(made.id);
    for (const one of [secret, made.secret])
      for (const arrival of at.receiver.arrivals('/rotated'))
        expect(verified(arrival, one)).toMatchObject({ subject: 'a' });
    await at.hooks.set(made.id, { previousUntil: new Date() });
    await at.hooks.publish('b');
    await at.hooks.deliver(made.id);
    const last = at.receiver.arrivals('/rotated').at(-1);
    if (!last) throw new Error('nothing has come');
    expect(verified(last, secret)).toMatchObject({ subject: 'b' });
    expect(() => verified(last, made.secret)).toThrow();
  });

  it('pauses it, keeps what comes meanwhile, and sends it in order when it goes on', async () => {
    const { id } = await at.hooks.create({ url: at.receiver.urlOf('/paused') });
    expect(await (await change(id, { status: 'paused' })).json()).toMatchObject({ status: 'paused', notice: null });
    await at.hooks.publish('kept', 'kept');
    expect(await at.hooks.deliver(id)).toBe(0);
    expect((await change(id, { status: 'active' })).status).toBe(200);
    expect(await at.hooks.deliver(id)).toBe(2);
    expect(at.receiver.arrivals('/paused').map(({ version }) => version)).toEqual([1, 2]);
  });

  it('to another address tries that one at once', async () => {
    const { id } = await at.hooks.create({ url: at.receiver.urlOf('/old') });
    at.receiver.behave('/old', () => 500);
    await at.hooks.publish('a');
    await at.hooks.deliver(id);
    expect(await at.hooks.deliver(id)).toBe(0);
    await change(id, { url: at.receiver.urlOf('/new') });
    expect(await at.hooks.deliver(id)).toBe(1);
    expect(at.receiver.arrivals('/new')).toHaveLength(1);
  });

  it('has it tried at once, whatever clock the process has that is asked', async () => {
    const { id } = await at.hooks.create({ url: at.receiver.urlOf('/resumed') });
    await change(id, { status: 'paused' });
    const ahead = await buildApp({ ...at.api.ctx, now: () => new Date(Date.now() + 3_600_000) }, at.api.parts);
    const { token } = await makePerson(at.api, 'admin', 7_200_000);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ status: 'active' });
    expect((await ahead.request(`/webhooks/${id}`, { method: 'PATCH', headers, body })).status).toBe(200);
    expect(await findDue(at.api.ctx.orm.em.fork())).toContain(id);
  });

  it('refuses what no webhook may be', async () => {
    const { id } = await at.hooks.create({ url });
    expect(await pointersOf(await change(id, { url: 'https://10.0.0.1/' }))).toEqual(['/url']);
    expect(await pointersOf(await change(id, { rotate_secret: false }))).toEqual(['/rotate_secret']);
    expect(await pointersOf(await change(id, { scope: 'all' }))).toEqual(['/scope']);
  });

  it('is written down, without secrets and without what an address may hold', async () => {
    const { id, secret } = await at.hooks.create({ url });
    const changed = await (await change(id, { types: ['order.paid'], rotate_secret: true })).text();
    await at.api.send('DELETE', `/webhooks/${id}`, { as: 'demo' });
    const entries = await at.api.ctx.orm.em.fork().find(AuditEntry, { subject: id }, { orderBy: { id: 'asc' } });
    expect(entries.map(({ action }) => action)).toEqual(['createWebhook', 'changeWebhook', 'deleteWebhook']);
    const text = JSON.stringify(entries);
    for (const hidden of [secret, Secret.parse(JSON.parse(changed)).secret, 'secret-of-the-url'])
      expect(text).not.toContain(hidden);
    expect(JSON.parse(entries[1]?.after ?? '')).toEqual({ types: ['order.paid'], secret_rotated: true });
    expect((await problemOf(await at.api.send('GET', `/webhooks/${id}`, { as: 'demo' }))).code).toBe('not_found');
  });
});

describe('what becomes of events', () => {
  it('is listed, the newest first, page after page and by state', async () => {
    const { id } = await at.hooks.create({ url: at.receiver.urlOf('/listed') });
    at.receiver.behave('/listed', ({ subject }) => (subject === 'bad' ? 500 : 204));
    await at.hooks.publish('a', 'bad', 'a');
    await at.hooks.deliver(id);
    const first = await at.hooks.deliveries(id, '?limit=2', 'demo');
    const second = await at.hooks.deliveries(id, `?limit=2&cursor=${first.next_cursor}`, 'demo');
    const all = [...first.data, ...second.data];
    expect(all.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      'a delivered',
      'bad retrying',
      'a delivered',
    ]);
    const failed = await at.hooks.deliveries(id, '?state=retrying', 'demo');
    expect(failed.data).toMatchObject([
      { attempts: 1, response_status: 500, error: null, next_try_at: expect.any(String) },
    ]);
    const foreign = await at.api.send('GET', `/webhooks/${id}/deliveries?cursor=${first.next_cursor}&state=waiting`, {
      as: 'demo',
    });
    expect(await pointersOf(foreign)).toEqual(['cursor']);
  });

  it('is asked for again by its id, or by its time; what the webhook is not told cannot be', async () => {
    const { id } = await at.hooks.create({ url, types: ['order.paid'] });
    await at.hooks.publish('a');
    const [event] = (await at.hooks.deliveries(id)).data;
    const replay = (body: unknown) => at.api.send('POST', `/webhooks/${id}/replay`, { as: 'demo', body });
    for (const body of [{ event_id: event?.event_id }, { from: '2026-01-01T00:00:00Z' }]) {
      const answer = await replay(body);
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({ kind: 'replay-webhook', queue: 'webhooks', state: 'waiting' });
      expect(answer.headers.get('location')).toMatch(/\/jobs\/[\w-]{36}$/);
    }
    const others = await at.hooks.create({ url, types: ['order.refunded'] });
    const refused = await at.api.send('POST', `/webhooks/${others.id}/replay`, {
      as: 'demo',
      body: { event_id: event?.event_id },
    });
    expect(await pointersOf(refused)).toEqual(['/event_id']);
    expect(await pointersOf(await replay({ event_id: randomUUID() }))).toEqual(['/event_id']);
    expect(await pointersOf(await replay({}))).toEqual(['/event_id']);
    expect(await pointersOf(await replay({ event_id: event?.event_id, to: '2026-01-01T00:00:00Z' }))).toEqual(['/to']);
    expect(await at.api.ctx.orm.em.fork().count(EventLog, {})).toBeGreaterThan(0);
  });

  it('is tried by a test, once for a key', async () => {
    const { id } = await at.hooks.create({ url });
    const headers = { 'idempotency-key': randomUUID() };
    const ask = async () => {
      const answer = await at.api.send('POST', `/webhooks/${id}/test`, { as: 'demo', headers });
      return { status: answer.status, location: answer.headers.get('location') };
    };
    const first = await ask();
    expect(first.status).toBe(202);
    expect(await ask()).toEqual(first);
  });
});
