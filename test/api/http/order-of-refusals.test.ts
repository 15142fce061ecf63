import { z } from '@hono/zod-openapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/api/http/define-route.ts';
import { loadRoutes } from '../../../src/api/app.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { makePerson, present, tokenOf } from '../../support/api/personas.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';

const routes = await loadRoutes();
const named = (some: readonly Route[]) =>
  some.map((route) => [`${route.route.method.toUpperCase()} ${route.route.path}`, route] as const);
const contentOf = ({ route }: Route) => Object.values(route.request?.body?.content ?? {})[0];
const exampleOf = (route: Route): unknown => {
  const content = contentOf(route);
  return content && 'example' in content ? content.example : {};
};

/** What can be named and not be there. Of symbols only the provider knows which can be watched. */
const naming = named(routes.filter(({ route: { path, method } }) => path.includes('{') && method !== 'put'));
const absent = {
  '{symbol}': 'ZZNOTHING',
  '{id}': '019341d2-0000-7000-8000-0000000000ff',
  '{code}': 'nothing',
  '{file}': 'nothing.js',
  '{view}': 'nothing',
  '{gateway}': 'nobody',
};

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ RATE_LIMIT_BURST: '0' });
});
afterAll(() => api.close());

type Sent = Readonly<{ query?: string; body?: string; type?: string; key?: string }>;

/** Everything wrong that can be sent with a request, from what is refused first to what is refused last. */
const faults: readonly (readonly [string, Sent])[] = [
  ['a body that is too large', { body: ' '.repeat(70_000), type: 'application/json' }],
  ['a body of another type', { body: '<a/>', type: 'text/xml' }],
  ['a body that is not JSON', { body: '{', type: 'application/json' }],
  ['a body of nobody’s schema', { body: '{"no_such":1}', type: 'application/json' }],
  ['a parameter that there is not', { query: 'no_such=1' }],
  ['a key that is too long', { key: 'k'.repeat(256) }],
  ['all of that', { query: 'no_such=1', body: '['.repeat(70_000), type: 'text/xml', key: 'k'.repeat(256) }],
];

function ask({ route }: Route, path: string, { query, body, type, key }: Sent, token: string | undefined) {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const isBodied = route.request?.body !== undefined;
  const sent = isBodied && body !== undefined ? { headers, body } : { headers };
  return api.send(route.method.toUpperCase(), query === undefined ? path : `${path}?${query}`, sent);
}

describe('what a path names and is not there', () => {
  it.each(naming)('%s: is 404 before anything is wrong with what was sent', async (_name, route) => {
    const { token } = await makePerson(api, 'admin');
    const path = Object.entries(absent).reduce((some, [part, id]) => some.replace(part, id), route.route.path);
    for (const [what, sent] of faults)
      expect(await problemOf(await ask(route, path, sent, token)), what).toMatchObject({ code: 'not_found' });
  });

  it.each(naming.filter(([, { who }]) => who === 'user'))('%s: so is someone else’s', async (_name, route) => {
    const path = await present(api, route.route.path, await makePerson(api));
    const token = await tokenOf(api, 'other user', { token: '' });
    for (const [what, sent] of faults)
      expect(await problemOf(await ask(route, path, sent, token)), what).toMatchObject({ code: 'not_found' });
  });
});

describe('a parameter that there is not', () => {
  // The names of the live page's files are the build's.
  const whole = named(routes.filter(({ route: { path } }) => !path.startsWith('/assets/')));
  it.each(whole)('%s: is refused by its name, after who may not at all', async (_name, route) => {
    const person = await makePerson(api, route.who === 'public' ? 'user' : route.who);
    const path = await present(api, route.route.path, person);
    const sent = { query: 'no_such=1&Limit=2', type: 'application/json', body: JSON.stringify(exampleOf(route)) };
    const answer = await ask(route, path, sent, person.token);
    expect(answer.status).toBe(422);
    expect(await pointersOf(answer)).toEqual(expect.arrayContaining(['no_such', 'Limit']));
    if (route.who !== 'public') expect((await ask(route, path, sent, undefined)).status).toBe(401);
    if (route.who === 'admin' || route.who === 'operator')
      expect((await ask(route, path, sent, (await makePerson(api)).token)).status).toBe(403);
  });

  it('is named at most twenty times, however many there are', async () => {
    const query = Array.from({ length: 300 }, (_, at) => `no_${at}=1`).join('&');
    expect(await pointersOf(await api.send('GET', `/products?${query}`))).toHaveLength(20);
  });
});

describe('a body that may be left out', () => {
  const optional = named(
    routes.filter((route) => {
      const content = contentOf(route);
      const schema = content && 'schema' in content ? content.schema : undefined;
      // What changes fields of something has to name one.
      const isChange = route.route.method === 'patch' || route.route.path.startsWith('/payments/webhook');
      return !isChange && schema instanceof z.ZodType && schema.safeParse({}).success;
    }),
  );

  it('is that of these routes', () => {
    expect(optional.map(([name]) => name)).toEqual(
      expect.arrayContaining(['PUT /market/watchlist/{symbol}', 'POST /orders/{id}/refund', 'POST /orders/{id}/pay']),
    );
  });

  it.each(optional)('%s: none, an empty one and {} are the same', async (_name, route) => {
    const statuses: number[] = [];
    for (const sent of [{ body: '{}', type: 'application/json' }, {}, { type: 'application/json' }, { body: '' }]) {
      const owner = await makePerson(api, route.who === 'user' ? 'user' : 'admin');
      statuses.push((await ask(route, await present(api, route.route.path, owner), sent, owner.token)).status);
    }
    const [first] = statuses;
    expect([200, 201, 202, 409]).toContain(first);
    expect(statuses).toEqual(statuses.map(() => first));
  });
});

describe('a path with an empty part', () => {
  it.each([...new Set(routes.map(({ route: { path } }) => path))])('%s: is no path, whoever asks how', async (path) => {
    const slashes = [...path.matchAll(/\//g)].map(({ index }) => `${path.slice(0, index)}/${path.slice(index)}`);
    for (const other of [...slashes, `${path}//`].map((some) => some.replaceAll(/\{\w+\}/g, '1')))
      for (const method of ['GET', 'POST', 'DELETE'])
        expect((await api.send(method, other)).status, `${method} ${other}`).toBe(404);
  });
});
