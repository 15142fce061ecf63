import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../../src/api/http/define-route.ts';
import { loadRoutes } from '../../../src/api/app.ts';
import type { Who } from '../../../src/api/callers/principal.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { makePerson, objects, type Persona, personas, tokenOf } from '../../support/api/personas.ts';

/** What is not open to everyone, as it was promised; what stands here nowhere must be public, and nothing else may be. */
const promised: Readonly<Record<Exclude<Who, 'public'>, readonly RegExp[]>> = {
  user: [
    /^GET \/auth\/me$/,
    /^POST \/auth\/(logout|password)$/,
    /^(GET|DELETE) \/auth\/tokens(\/\{id\})?$/,
    /^(GET|PATCH|DELETE) \/users\/\{id\}$/,
    /^(GET|POST) \/orders$/,
    /^POST \/orders\/preview$/,
    /^(GET|PATCH|DELETE) \/orders\/\{id\}$/,
    /^POST \/orders\/\{id\}\/(cancel|pay)$/,
    /^GET \/orders\/\{id\}\/timeline$/,
    /^GET \/payments(\/\{id\})?$/,
    /^GET \/streams\/orders$/,
  ],
  operator: [/^GET \/(jobs|queues|dead-letters|audit)$/, /^GET \/queues\/\{name\}\/history$/],
  admin: [
    /^(GET|POST) \/users$/,
    /^POST \/products$/,
    /^POST \/products\/sync$/,
    /^(PATCH|DELETE) \/products\/\{id\}$/,
    /^POST \/orders\/\{id\}\/refund$/,
    /^POST \/payments\/(start|stop)$/,
    /^GET \/market\/watchlist$/,
    /^(PUT|DELETE) \/market\/watchlist\/\{symbol\}$/,
    /^GET \/events$/,
    /^POST \/jobs\/\{id\}\/retry$/,
    /^POST \/dead-letters\/replay$/,
  ],
};
const routes = await loadRoutes();
const nameOf = ({ route: { method, path } }: Route) => `${method.toUpperCase()} ${path}`;
const Problem = z.object({ code: z.string() });

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

type Verdict = 'unauthenticated' | 'forbidden' | 'not_found' | 'admitted';
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

async function verdictOf(answer: Response): Promise<Verdict> {
  const type = answer.headers.get('content-type') ?? '';
  if (type !== 'application/problem+json') {
    await answer.body?.cancel();
    return 'admitted';
  }
  const { code } = Problem.parse(await answer.json());
  expect(code).not.toBe('internal');
  return code === 'unauthenticated' || code === 'forbidden' || code === 'not_found' ? code : 'admitted';
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
});
