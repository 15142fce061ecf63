import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../../src/api/app.ts';
import { countingOf } from '../../../src/api/callers/limits.ts';
import { newPerson } from '../../support/api/accounts.ts';
import { startRedis } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const some of opened.splice(0)) await some.close();
});

async function open(env: Record<string, string>): Promise<TestApi> {
  const api = await openTestApi(env);
  opened.push(api);
  return api;
}

const off = { RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' };
const quote = '/market/quotes?symbols=AAPL';
const statuses = async (answers: readonly Promise<Response>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);
const times = (count: number, send: () => Promise<Response>) => Array.from({ length: count }, send);

describe('an address', () => {
  it('is refused what is above the minute, told how much is left before, and when to come back', async () => {
    const api = await open({ ...off, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '3', RATE_LIMIT_BURST: '50' });
    const first = await api.send('GET', quote);
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=3;w=60, "burst";q=50;w=1');
    expect(first.headers.get('ratelimit')).toMatch(/^"default";r=2;t=[56]\d, "burst";r=49;t=1$/);
    expect(await statuses(times(2, () => api.send('GET', quote)))).toEqual([200, 200]);
    const refused = await api.send('GET', quote);
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(refused.headers.get('ratelimit')).toMatch(/^"default";r=0;/);
  });

  it('has one minute over all processes, to the last request', async () => {
    const api = await open({ ...off, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '450' });
    const other = await buildApp(api.ctx, api.parts);
    const both = times(300, () => api.send('GET', quote)).concat(times(300, async () => other.request(quote)));
    const answers = await statuses(both);
    expect(answers.filter((status) => status === 200).length).toBeLessThanOrEqual(450);
    expect(answers.filter((status) => status === 200).length).toBeGreaterThan(440);
    expect(new Set(answers)).toEqual(new Set([200, 429]));
  });

  it('is not refused a probe, a ping, or an unknown path', async () => {
    const api = await open({ ...off, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1', RATE_LIMIT_BURST: '1' });
    await api.send('GET', quote);
    for (const [path, status] of [
      ['/healthz', 200],
      ['/readyz', 200],
      ['/auth/ping', 200],
      ['/nope', 404],
    ] as const)
      expect(await statuses(times(5, () => api.send('GET', path))), path).toEqual(Array(5).fill(status));
  });

  it('guessing tokens is counted like any other', async () => {
    const api = await open({ ...off, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '2' });
    const guess = () => api.send('GET', '/orders', { headers: { authorization: `Bearer ${'x'.repeat(43)}` } });
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([401, 401, 429]);
  });
});

it('mails have a limit of their own, told after that of requests', async () => {
  const api = await open({ ...off, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '50', SMTP_URL: 'smtp://127.0.0.1:9' });
  const ask = () => api.send('POST', '/auth/reset', { body: { email: 'nobody@example.com' } });
  const first = await ask();
  expect(first.status).toBe(202);
  expect(first.headers.get('ratelimit-policy')).toBe('"default";q=50;w=60, "mail";q=10;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"default";r=49;t=\d+, "mail";r=9;t=\d+$/);
  expect(await statuses(times(9, ask))).toEqual(Array(9).fill(202));
  const refused = await ask();
  expect(await problemOf(refused)).toMatchObject({ code: 'too_many_requests' });
  expect(refused.headers.get('ratelimit')).toMatch(/^"default";r=39;t=\d+, "mail";r=0;t=\d+$/);
});

describe('a user', () => {
  it('is counted on every route, and alone', async () => {
    const api = await open({ ...off, RATE_LIMIT_PER_MINUTE: '4' });
    const [one, other] = [await newPerson(api), await newPerson(api)];
    expect((await one.send('GET', '/orders')).headers.get('ratelimit')).toMatch(/^"default";r=3;/);
    expect((await one.send('GET', quote)).headers.get('ratelimit')).toMatch(/^"default";r=2;/);
    expect(await statuses(times(3, () => one.send('GET', '/orders')))).toEqual([200, 200, 429]);
    expect((await one.send('GET', quote)).status).toBe(429);
    expect((await other.send('GET', '/orders')).status).toBe(200);
    expect((await api.send('GET', quote)).status).toBe(200);
  });

  it('has a limit on orders too', async () => {
    const api = await open({ ...off, RATE_LIMIT_PER_MINUTE: '2' });
    const order = () => api.send('POST', '/orders', { as: 'demo', body: { products: [1] } });
    expect([(await order()).status, (await order()).status]).toEqual([201, 201]);
    const refused = await order();
    expect(await problemOf(refused)).toMatchObject({ code: 'too_many_requests' });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('what is under way', () => {
  it('of a user or a key is no more than may be; the next is refused, and taken when one has been answered', async () => {
    const api = await open({ ...off, REQUESTS_PER_CALLER: '2' });
    const answer = await api.send('POST', '/orders', { as: 'demo', body: { products: [1] } });
    const { id } = z.object({ id: z.string() }).parse(await answer.json());
    const key = await api.send('POST', '/auth/keys', { as: 'demo', body: { name: 'shop', scopes: ['orders:read'] } });
    const headers = { authorization: `Bearer ${z.object({ key: z.string() }).parse(await key.json()).key}` };
    const em = api.ctx.orm.em.fork();
    await em.begin();
    await em.execute('/* of the test */ select id from orders where id = ? for update', [id]);
    const held = times(2, () => api.send('POST', `/orders/${id}/cancel`, { as: 'demo' }));
    const refused = await until('the next is refused', async () => {
      const next = await api.send('GET', '/orders', { as: 'demo' });
      return next.status === 429 ? next : undefined;
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemOf(refused)).toMatchObject({
      code: 'too_many_requests',
      detail: expect.stringContaining('2 of'),
    });
    // A key is counted by itself, as others are; and no probe is counted.
    expect((await api.send('GET', '/orders', { headers })).status).toBe(200);
    expect((await api.send('GET', '/orders', { as: 'admin' })).status).toBe(200);
    expect((await api.send('GET', '/status', { as: 'demo' })).status).toBe(200);
    await em.rollback();
    expect(await statuses(held)).toEqual([200, 200]);
    expect(await statuses(times(2, () => api.send('GET', '/orders', { as: 'demo' })))).toEqual([200, 200]);
  });
});

describe('the burst', () => {
  it('refuses what is too much in a second, and takes it in the next', async () => {
    const api = await open({ ...off, RATE_LIMIT_BURST: '5' });
    const answers = await Promise.all(times(9, () => api.send('GET', quote)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(4);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.headers.get('ratelimit-policy')).toBe('"burst";q=5;w=1');
    await until('one is taken again', async () => ((await api.send('GET', quote)).status === 200 ? true : undefined));
  });
});

it('says nothing when it is off', async () => {
  const api = await open(off);
  const answer = await api.send('GET', quote);
  expect([answer.headers.get('ratelimit'), answer.headers.get('ratelimit-policy')]).toEqual([null, null]);
});

describe('without Redis', () => {
  it('a process counts by itself, and keeps nobody waiting', async () => {
    const redis = await startRedis();
    opened.push({ close: () => redis.stop() });
    const api = await openTestApi({ ...off, ...redis.env, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '3' });
    opened.unshift(api);
    await until('Redis is there', () => (api.ctx.redis.status === 'ready' ? true : undefined));
    expect((await api.send('GET', '/products')).status).toBe(200);
    await redis.process().signal('SIGSTOP');
    expect(await statuses(times(5, () => api.send('GET', '/products')))).toEqual([200, 200, 200, 429, 429]);
    await redis.process().signal('SIGCONT');
  });
});

it('no write of an order or a payment is counted in Redis, everything else is', () => {
  const here = ['/orders', '/orders/{id}', '/orders/{id}/pay', '/payments/webhook', '/payments/start'];
  for (const path of here) expect(countingOf({ method: 'post', path }), path).toBe('here');
  for (const path of ['/orders', '/products', '/auth/login'])
    expect(countingOf({ method: 'get', path }), path).toBe('everywhere');
  expect(countingOf({ method: 'post', path: '/ordersome' })).toBe('everywhere');
});
