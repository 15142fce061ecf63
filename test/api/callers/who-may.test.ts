import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../../src/api/http/define-route.ts';
import { loadRoutes } from '../../../src/api/app.ts';
import type { Who } from '../../../src/api/callers/principal.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { type Scope, scopeNames } from '../../../src/accounts/scopes.ts';
import { makeKey, makePerson, objects, type Persona, personas, present, tokenOf } from '../../support/api/personas.ts';

/** What is not open to everyone, as it was promised; what stands here nowhere must be public, and nothing else may be. */
const promised: Readonly<Record<Exclude<Who, 'public'>, readonly RegExp[]>> = {
  user: [
    /^GET \/auth\/me$/,
    /^POST \/auth\/(logout|password|confirm)$/,
    /^(GET|DELETE) \/auth\/tokens(\/\{id\})?$/,
    /^(GET|POST) \/auth\/mfa$/,
    /^POST \/auth\/mfa\/(confirm|end)$/,
    /^(GET|POST) \/auth\/keys$/,
    /^(GET|DELETE) \/auth\/keys\/\{id\}$/,
    /^POST \/auth\/keys\/\{id\}\/rotate$/,
    /^(GET|PATCH|DELETE) \/users\/\{id\}$/,
    /^(GET|POST) \/orders$/,
    /^POST \/orders\/preview$/,
    /^(GET|PATCH|DELETE) \/orders\/\{id\}$/,
    /^POST \/orders\/\{id\}\/(cancel|pay)$/,
    /^GET \/orders\/\{id\}\/timeline$/,
    /^GET \/payments(\/\{id\})?$/,
    /^GET \/streams\/(orders|alerts)$/,
    /^(GET|POST) \/market\/alerts$/,
    /^(GET|DELETE) \/market\/alerts\/\{id\}$/,
    /^(GET|POST) \/webhooks$/,
    /^(GET|PATCH|DELETE) \/webhooks\/\{id\}$/,
    /^GET \/webhooks\/\{id\}\/deliveries$/,
    /^POST \/webhooks\/\{id\}\/(test|replay)$/,
  ],
  operator: [/^GET \/(jobs|queues|dead-letters|audit|ops\/parts)$/, /^GET \/queues\/\{name\}\/history$/],
  admin: [
    /^(GET|POST) \/users$/,
    /^DELETE \/users\/\{id\}\/mfa$/,
    /^POST \/products$/,
    /^POST \/products\/sync$/,
    /^(PATCH|DELETE) \/products\/\{id\}$/,
    /^POST \/orders\/\{id\}\/refund$/,
    /^POST \/payments\/(start|stop)$/,
    /^GET \/refunds$/,
    /^GET \/market\/watchlist$/,
    /^(PUT|DELETE) \/market\/watchlist\/\{symbol\}$/,
    /^GET \/events$/,
    /^POST \/jobs\/\{id\}\/retry$/,
    /^POST \/dead-letters\/replay$/,
  ],
};
/** By which scope a key may call what is not open to everyone; what stands here nowhere, no key may. */
const promisedScopes: readonly (readonly [RegExp, Scope])[] = [
  [/^GET \/(orders|streams\/orders)\b/, 'orders:read'],
  [/^POST \/orders\/\{id\}\/refund$/, 'orders:write:all'],
  [/^(POST|PATCH|DELETE) \/orders\b/, 'orders:write'],
  [/^GET \/payments\b/, 'payments:read'],
  [/^POST \/payments\/(start|stop)$/, 'payments:write'],
  [/^GET \/refunds$/, 'payments:read:all'],
  [/^(POST|PATCH|DELETE) \/products\b/, 'products:write'],
  [/^GET \/market\/watchlist$/, 'market:read:all'],
  [/^(PUT|DELETE) \/market\/watchlist\b/, 'market:write'],
  [/^GET \/(market|streams)\/alerts\b/, 'alerts:read'],
  [/^(POST|DELETE) \/market\/alerts\b/, 'alerts:write'],
  [/^GET \/users$/, 'users:read:all'],
  [/^GET \/users\/\{id\}$/, 'users:read'],
  [/^GET \/events$/, 'events:read'],
  [/^GET \/webhooks\b/, 'webhooks:read'],
  [/^(POST|PATCH|DELETE) \/webhooks\b/, 'webhooks:write'],
  [/^GET \/(jobs|queues|dead-letters|ops\/parts)$/, 'jobs:read'],
  [/^GET \/queues\/\{name\}\/history$/, 'jobs:read'],
  [/^POST \/(jobs|dead-letters)\b/, 'jobs:write'],
  [/^GET \/audit$/, 'audit:read'],
];
const routes = await loadRoutes();
const nameOf = ({ route: { method, path } }: Route) => `${method.toUpperCase()} ${path}`;
const Problem = z.object({ code: z.string() });

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

type Verdict = 'unauthenticated' | 'forbidden' | 'insufficient_scope' | 'not_found' | 'admitted';
const strangers: readonly Persona[] = ['anonymous', 'garbage token', 'expired', 'revoked', 'deleted'];
const rank: Readonly<Record<Who, number>> = { public: 0, user: 1, operator: 2, admin: 3 };
const rankOf = (persona: Persona) =>
  strangers.includes(persona) ? 0 : persona === 'operator' ? 2 : persona === 'administrator' ? 3 : 1;

function expected({ who, route: { path } }: Route, persona: Persona): Verdict {
  if (rankOf(persona) < rank[who]) return strangers.includes(persona) ? 'unauthenticated' : 'forbidden';
  const object = objects.find((known) => known.path.test(path));
  if (!object?.isOwned || persona === 'owner') return 'admitted';
  return persona === 'administrator' && object.isSeenByAdmin ? 'admitted' : 'not_found';
}

const refusals = ['unauthenticated', 'forbidden', 'insufficient_scope', 'not_found'] as const;

async function verdictOf(answer: Response): Promise<Verdict> {
  const type = answer.headers.get('content-type') ?? '';
  if (type !== 'application/problem+json') {
    await answer.body?.cancel();
    return 'admitted';
  }
  const { code } = Problem.parse(await answer.json());
  expect(code).not.toBe('internal');
  return refusals.find((one) => one === code) ?? 'admitted';
}

function exampleBody({ route }: Route): unknown {
  const [content] = Object.values(route.request?.body?.content ?? {});
  const example: unknown = content && 'example' in content ? content.example : undefined;
  // The customer of the examples is none of the personas, who each act for themselves.
  return typeof example === 'object' ? { ...example, user_id: undefined } : example;
}

describe('the table', () => {
  it.each(routes.map((route) => [nameOf(route), route] as const))(
    'opens %s to whom it was promised',
    (name, { who }) => {
      const found = (['user', 'operator', 'admin'] as const).filter((role) =>
        promised[role].some((pattern) => pattern.test(name)),
      );
      expect(found.length === 0 ? ['public'] : found).toEqual([who]);
    },
  );
});

describe.each(routes.map((route) => [nameOf(route), route] as const))('%s', (_name, route) => {
  it.each(personas)('lets pass or refuses: %s', async (persona) => {
    const { method, path } = route.route;
    const owner = await makePerson(api);
    const object = objects.find((known) => known.path.test(path));
    if (path.includes('{')) expect(object, 'name an object for the path').toBeDefined();
    const address = path.replace(/\{\w+\}/, (await object?.make(api, owner)) ?? '');
    const token = await tokenOf(api, persona, owner);
    const body = exampleBody(route);
    const answer = await api.send(method.toUpperCase(), address, {
      ...(body === undefined ? {} : { body }),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    // There is nothing of the build's in a test, so nobody finds it.
    const wanted = path.startsWith('/assets/') ? 'not_found' : expected(route, persona);
    expect(await verdictOf(answer)).toBe(wanted);
  });
});

/** A request to a route as its example has it, about an object of the owner. */
async function ask(route: Route, owner: Awaited<ReturnType<typeof makePerson>>, token: string): Promise<Verdict> {
  const { method, path } = route.route;
  const body = exampleBody(route);
  const headers = { authorization: `Bearer ${token}` };
  const sent = body === undefined ? { headers } : { headers, body };
  return verdictOf(await api.send(method.toUpperCase(), await present(api, path, owner), sent));
}

describe.each(routes.map((route) => [nameOf(route), route] as const))('%s with a key', (name, route) => {
  const isOpen = route.who === 'public';
  const scope = promisedScopes.find(([pattern]) => pattern.test(name))?.[1];
  const wide = scopeNames.filter((one) => one !== scope && one !== `${scope}:all`);
  const admitted = route.route.path.startsWith('/assets/') ? 'not_found' : 'admitted';

  it('of its owner is taken where it has the scope, and about nobody else’s', async () => {
    const owner = await makePerson(api, 'admin');
    const { key } = await makeKey(api, owner.id, scope ? [scope] : scopeNames);
    expect(await ask(route, owner, key)).toBe(isOpen || scope ? admitted : 'insufficient_scope');
    const object = objects.find((known) => known.path.test(route.route.path));
    if (!object?.isOwned || !scope || scope.endsWith(':all')) return;
    // An administrator's key without `:all` is a customer's.
    expect(await ask(route, await makePerson(api), key)).toBe('not_found');
    const all = scopeNames.find((one) => one === `${scope}:all`);
    if (all)
      expect(await ask(route, await makePerson(api), (await makeKey(api, owner.id, [all])).key)).toBe('admitted');
  });

  it('is refused with every other scope, and with none of its role', async () => {
    const owner = await makePerson(api, 'admin');
    const { key } = await makeKey(api, owner.id, wide);
    expect(await ask(route, owner, key)).toBe(isOpen ? admitted : 'insufficient_scope');
    const customer = await makePerson(api);
    const theirs = await makeKey(api, customer.id, scopeNames);
    const isForCustomers = route.who === 'user' && scope !== undefined;
    const refusal = route.who === 'user' ? 'insufficient_scope' : 'forbidden';
    expect(await ask(route, customer, theirs.key)).toBe(isOpen || isForCustomers ? admitted : refusal);
  });

  it('is nobody’s when it has expired, has been ended, or is mistyped', async () => {
    const owner = await makePerson(api, 'admin');
    const expired = await makeKey(api, owner.id, scopeNames, -1);
    const ended = await makeKey(api, owner.id, scopeNames);
    const headers = { authorization: `Bearer ${ended.key}` };
    // Seen before it was ended, so that nothing may remember it.
    expect((await api.send('GET', '/orders', { headers })).status).toBe(200);
    await api.send('DELETE', `/auth/keys/${ended.id}`, { headers: { authorization: `Bearer ${owner.token}` } });
    const mistyped = `${ended.key.slice(0, -1)}${ended.key.endsWith('a') ? 'b' : 'a'}`;
    for (const token of [expired.key, ended.key, mistyped])
      expect(await ask(route, owner, token)).toBe(isOpen ? admitted : 'unauthenticated');
  });
});

const boardPaths = [
  ['GET', ''],
  ['GET', '/api/queues'],
  ['GET', '/static/favicon-32x32.png'],
  ['PUT', '/api/queues/upkeep/pause'],
  ['PUT', '/api/queues/upkeep/clean/completed'],
  ['POST', '/api/queues/upkeep/add'],
] as const;

describe.each(boardPaths)('%s /admin/queues%s', (method, path) => {
  it.each(personas)('lets pass or refuses: %s', async (persona) => {
    const token = await tokenOf(api, persona, await makePerson(api));
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await api.send(method, `/admin/queues${path}`, { headers });
    const needed = method === 'GET' ? 2 : 3;
    const refusal = strangers.includes(persona) ? 'unauthenticated' : 'forbidden';
    expect(await verdictOf(answer)).toBe(rankOf(persona) < needed ? refusal : 'admitted');
  });

  it('lets a key pass by its scope alone', async () => {
    const scope = method === 'GET' ? 'jobs:read' : 'jobs:write';
    const { id } = await makePerson(api, 'admin');
    const verdicts = [];
    for (const scopes of [[scope], scopeNames.filter((one) => one !== scope)] as const) {
      const headers = { authorization: `Bearer ${(await makeKey(api, id, scopes)).key}` };
      verdicts.push(await verdictOf(await api.send(method, `/admin/queues${path}`, { headers })));
    }
    expect(verdicts).toEqual(['admitted', 'insufficient_scope']);
  });
});
