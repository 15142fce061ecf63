import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sessionCookie } from '../../../src/api/callers/principal.ts';
import type { Role } from '../../../src/entities/accounts.entity.ts';
import { accounts, Granted, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const base = '/admin/queues';
const Queues = z.object({ data: z.array(z.object({ name: z.string(), status: z.string() })) });
const pause = `${base}/api/queues/payments/pause`;
const isPaused = () => api.ctx.jobs.queues.get('payments')?.isPaused();
const beDemo = (role: Role) => api.send('PATCH', '/users/1', { as: 'admin', body: { role } });

async function boardPaths(): Promise<string[]> {
  const ui = join(createRequire(import.meta.url).resolve('@bull-board/ui/package.json'), '../dist/static');
  const files = await readdir(ui, { recursive: true });
  const assets = files.filter((file) => /\.\w+$/.test(file)).slice(0, 20);
  const pages = ['', '/', '/queue/payments', '/queue/payments/1', '/nope', '/api/queues', '/api/redis/stats'];
  return [...pages, ...assets.map((file) => `/static/${file}`)].map((path) => base + path);
}

describe('without a login', () => {
  it('nothing of the board is given out, whatever the path and the method', async () => {
    const paths = await boardPaths();
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths)
      expect(await problemOf(await api.send('GET', path)), path).toMatchObject({ code: 'unauthenticated' });
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE', 'HEAD'])
      expect((await api.send(method, pause)).status, method).toBe(401);
    expect(await isPaused()).toBe(false);
  });

  it('a browser gets a form that logs in where everyone does', async () => {
    for (const path of [base, `${base}/`, `${base}/queue/payments`, `${base}/api/queues`]) {
      const answer = await api.send('GET', path, { headers: { accept: 'text/html,application/xhtml+xml' } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      const page = await answer.text();
      expect(page).toMatch(/<form[^>]*>[^]*type="email"[^]*type="password"/);
      expect(page).not.toContain('__UI_CONFIG__');
      const script = /<script src="([^"]+)"/.exec(page)?.[1] ?? '';
      expect(await (await api.send('GET', script)).text()).toContain("fetch('/auth/login'");
    }
  });
});

describe('with a login', () => {
  it('a customer sees nothing', async () => {
    for (const path of await boardPaths())
      expect(await problemOf(await api.send('GET', path, { as: 'demo' })), path).toMatchObject({ code: 'forbidden' });
    const page = await api.send('GET', base, { as: 'demo', headers: { accept: 'text/html' } });
    expect(page.status).toBe(403);
  });

  it('an operator sees the queues and changes nothing', async () => {
    await beDemo('operator');
    for (const path of [base, `${base}/`, `${base}/queue/payments`]) {
      const page = await api.send('GET', path, { as: 'demo' });
      expect(page.status).toBe(200);
      const text = await page.text();
      expect(text).toContain('__UI_CONFIG__');
      // The page may name no other site, and may ask none.
      expect(text).not.toMatch(/(?:href|src)="(?:https?:)?\/\//);
      expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
      for (const [, file] of text.matchAll(/(?:href|src)="(static\/[^"]+)"/g))
        expect((await api.send('GET', `${base}/${file}`, { as: 'demo' })).status, file).toBe(200);
    }
    const queues = await (await api.send('GET', `${base}/api/queues`, { as: 'demo' })).text();
    for (const kind of api.ctx.jobs.definitions.jobs.values()) expect(queues).toContain(kind.summary);
    const schema = await api.send('GET', `${base}/api/queues/finnhub/job-data-schema`, { as: 'demo' });
    expect(await schema.text()).toContain('"symbol"');

    expect(await problemOf(await api.send('PUT', pause, { as: 'demo' }))).toMatchObject({ code: 'forbidden' });
    expect(await isPaused()).toBe(false);
    await beDemo('user');
  });

  it('an operator is offered nothing that they may not do, and an administrator everything', async () => {
    const Offered = z.object({
      queues: z.array(z.object({ name: z.string(), readOnlyMode: z.boolean(), allowRetries: z.boolean() })),
    });
    const offered = async (who: 'admin' | 'demo') => {
      const answer = await api.send('GET', `${base}/api/queues?activeQueue=payments`, { as: who });
      return Offered.parse(await answer.json()).queues;
    };
    const all = [...api.ctx.jobs.queues.keys()].map((name) => ({ name, readOnlyMode: false, allowRetries: true }));
    expect(await offered('admin')).toEqual(all);
    await beDemo('operator');
    expect(await offered('demo')).toEqual(all.map(({ name }) => ({ name, readOnlyMode: true, allowRetries: false })));
    await beDemo('user');
  });

  it('a request is counted once, also for the page itself', async () => {
    for (const path of [base, `${base}/`, `${base}/api/queues`]) {
      const wish = { name: 'looks', scopes: ['jobs:read'], per_minute: 1 };
      const made = await api.send('POST', '/auth/keys', { as: 'admin', body: wish });
      const headers = { authorization: `Bearer ${z.object({ key: z.string() }).parse(await made.json()).key}` };
      const statuses = [];
      for (let count = 0; count < 2; count += 1) statuses.push((await api.send('GET', path, { headers })).status);
      expect(statuses, path).toEqual([200, 429]);
    }
  });

  it('an administrator changes them', async () => {
    expect((await api.send('PUT', pause, { as: 'admin' })).status).toBe(200);
    expect(await isPaused()).toBe(true);
    expect((await api.send('PUT', pause.replace('pause', 'resume'), { as: 'admin' })).status).toBe(200);
    expect(await isPaused()).toBe(false);
  });

  it('what is stopped there is stopped everywhere, and goes on from everywhere', async () => {
    const statusOf = async (path: string) =>
      z.object({ status: z.string() }).parse(await (await api.send('GET', path)).json());
    const paused = async () => {
      const shown = Queues.parse(await (await api.send('GET', '/queues', { as: 'admin' })).json());
      return shown.data.filter(({ status }) => status === 'paused').map(({ name }) => name);
    };
    const put = (what: string) => api.send('PUT', `${base}/api/queues/${what}`, { as: 'admin' });
    expect((await put('payments/pause')).status).toBe(200);
    expect(await statusOf('/payments/start')).toEqual({ status: 'paused' });
    expect(await paused()).toEqual(['payments']);
    expect((await api.send('POST', '/payments/start', { as: 'admin' })).status).toBe(200);
    expect(await isPaused()).toBe(false);
    expect((await api.send('POST', '/payments/stop', { as: 'admin' })).status).toBe(200);
    expect((await put('payments/resume')).status).toBe(200);
    expect(await statusOf('/payments/start')).toEqual({ status: 'running' });

    const names = [...api.ctx.jobs.queues.keys()];
    expect(await (await put('pause')).json()).toEqual({});
    expect(await paused()).toEqual(names);
    // Redis forgets; what was decided stands.
    await api.ctx.redis.del(names.map((name) => `bull:${name}:meta`));
    expect(await paused()).toEqual(names);
    expect((await put('resume')).status).toBe(200);
    expect(await paused()).toEqual([]);
    expect(await problemOf(await put('nothing/pause'))).toMatchObject({ code: 'not_found' });
  });

  it('a queue rests there, and in the list, when it does and at no other time', async () => {
    const queue = api.ctx.jobs.queues.get('finnhub');
    const Board = z.object({ queues: z.array(z.object({ name: z.string(), activeRateLimitTtl: z.number() })) });
    const resting = async () => {
      const board = Board.parse(await (await api.send('GET', `${base}/api/queues`, { as: 'admin' })).json());
      const list = Queues.parse(await (await api.send('GET', '/queues', { as: 'admin' })).json());
      return [
        board.queues.filter(({ activeRateLimitTtl }) => activeRateLimitTtl > 0).map(({ name }) => name),
        list.data.filter(({ status }) => status === 'limited').map(({ name }) => name),
      ];
    };
    // What a worker counts of the jobs it has begun this second.
    await api.ctx.redis.set('bull:finnhub:limiter', '3', 'PX', 60_000);
    expect(await resting()).toEqual([[], []]);
    await queue?.rateLimit(60_000);
    expect(await resting()).toEqual([['finnhub'], ['finnhub']]);
    await queue?.removeRateLimitKey();
    expect(await resting()).toEqual([[], []]);
  });

  it('a job that is added there has an id of its own by which the API shows it, a copy and a run of a schedule too', async () => {
    const queue = api.ctx.jobs.queues.get('upkeep');
    await queue?.upsertJobScheduler('reconcile', { every: 3_600_000 }, { name: 'reconcile', data: {} });
    const added = async (method: string, what: string, body?: object) => {
      const answer = await api.send(method, `${base}/api/queues/upkeep/${what}`, {
        as: 'admin',
        ...(body && { body }),
      });
      return z.object({ job: z.object({ id: z.string() }) }).parse(await answer.json()).job.id;
    };
    const first = await added('POST', 'add', { name: 'reconcile', data: {} });
    const copy = await added('POST', 'add', { name: 'reconcile', data: {}, options: { jobId: first } });
    const run = await added('PUT', 'job-schedulers/reconcile/run');
    expect(new Set([first, copy, run]).size).toBe(3);
    for (const id of [first, copy, run]) {
      expect(await (await api.send('GET', `/jobs/${id}`)).json()).toMatchObject({ id, kind: 'reconcile' });
      expect(await problemOf(await api.send('POST', `/jobs/${id}/retry`, { as: 'admin' }))).toMatchObject({
        code: 'job_not_failed',
      });
    }
  });

  it('a body is bounded there as everywhere, and nothing of the board is kept by caches', async () => {
    const add = `${base}/api/queues/upkeep/add`;
    const job = (text: string) => ({ name: 'prune-tokens', data: { text }, options: {} });
    const refused = await api.send('POST', add, { as: 'admin', body: job('x'.repeat(70_000)) });
    expect(await problemOf(refused)).toMatchObject({ code: 'too_large' });
    const deep = await api.send('POST', add, { as: 'admin', body: '['.repeat(40) + ']'.repeat(40) });
    expect(await problemOf(deep)).toMatchObject({ code: 'malformed_json' });
    const html = { accept: 'text/html' };
    const answers = [
      await api.send('POST', add, { as: 'admin', body: job('short') }),
      await api.send('GET', base, { as: 'admin', headers: html }),
      await api.send('GET', base, { as: 'demo', headers: html }),
      await api.send('GET', base, { headers: html }),
      await api.send('GET', `${base}/api/queues`),
      await api.send('GET', `${base}/api/queues`, { as: 'admin' }),
      await api.send('GET', `${base}/api/queues/upkeep/no-such-job`, { as: 'admin' }),
      await api.send('GET', `${base}/static/favicon-32x32.png`, { as: 'admin' }),
      refused,
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 401, 401, 200, 404, 200, 413]);
    for (const answer of answers) expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('no other site changes them with an administrator’s cookie', async () => {
    const login = await api.send('POST', '/auth/login', { body: accounts.admin });
    const cookie = `${sessionCookie}=${Granted.parse(await login.json()).access_token}`;
    for (const origin of [undefined, 'https://evil.example']) {
      const headers: Record<string, string> = { cookie, ...(origin === undefined ? {} : { origin }) };
      expect(await problemOf(await api.send('PUT', pause, { headers }))).toMatchObject({ code: 'foreign_origin' });
    }
    expect(await isPaused()).toBe(false);
    const own = { cookie, origin: 'http://localhost' };
    expect((await api.send('PUT', pause, { headers: own })).status).toBe(200);
    expect((await api.send('PUT', pause.replace('pause', 'resume'), { headers: own })).status).toBe(200);
  });
});
