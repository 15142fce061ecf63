import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RouteRequest, requestsOf } from '../../support/api/every-route.ts';
import { accounts, Granted } from '../../support/api/test-api.ts';
import { type Platform, startPlatform } from '../../support/processes/platform.ts';
import { patienceMs, type TestProcess, until } from '../../support/processes/process.ts';

let platform: Platform;
let mysql: TestProcess;
let authorization: string;
let requests: readonly RouteRequest[];
beforeAll(async () => {
  platform = await startPlatform({
    ownMysql: true,
    env: { RATE_LIMIT_BURST: '0', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0' },
  });
  if (!platform.mysqlServer) throw new Error('a MySQL of its own was asked for');
  mysql = platform.mysqlServer.process();
  authorization = `Bearer ${await logIn()}`;
  const document: unknown = await (await fetch(`${platform.url}/openapi.json`)).json();
  requests = requestsOf(document, () => undefined);
});
afterAll(async () => {
  await mysql.signal('SIGCONT');
  await platform.stop();
});

test('every request is answered while MySQL is frozen, also those of one login, and all goes on afterwards', async () => {
  await warmUp();
  await mysql.signal('SIGSTOP');
  // By the login that is still remembered, and by the same one when it has to be read again.
  const answers = await Promise.all(requests.map(ask));
  const again = await Promise.all(requests.filter(({ path }) => /^\/(?:auth|orders|products)/.test(path)).map(ask));
  const all = [...answers, ...again];
  expect(all.filter(({ status }) => status === undefined)).toEqual([]);
  expect(all.filter(({ status = 0 }) => status >= 500 && status !== 503)).toEqual([]);
  const isTooLate = ({ status, text = '' }: (typeof all)[number]) => status === 503 && text.includes('"unavailable"');
  expect(all.filter((one) => isTooLate(one) && !one.retryAfter)).toEqual([]);
  expect(again.filter(({ path, method }) => method === 'POST' && path === '/orders')).toEqual(
    expect.arrayContaining([expect.objectContaining({ status: 503 })]),
  );

  await mysql.signal('SIGCONT');
  authorization = await until('somebody logs in', () =>
    logIn()
      .then((token) => `Bearer ${token}`)
      .catch(() => undefined),
  );
  const ordered = await ask({
    method: 'POST',
    path: '/orders',
    headers: { 'content-type': 'application/json' },
    body: '{"products":[1]}',
  });
  expect(ordered.status, JSON.stringify(ordered)).toBe(201);
});

/** Leaves as many connections as there may be to rest in the pool, and the login remembered. */
async function warmUp(): Promise<void> {
  const reads = Array.from({ length: 60 }, (_, index) => ({
    method: 'GET',
    path: `/products?limit=${index + 1}`,
    headers: {},
  }));
  const read = await Promise.all([...reads, { method: 'GET', path: '/auth/me', headers: {} }].map(ask));
  expect(read.filter(({ status }) => status !== 200)).toEqual([]);
}

/** What a request is answered; no status: it was not, in all that time. */
async function ask({ method, path, headers, ...sent }: RouteRequest) {
  const init = { ...sent, method, headers: { ...headers, authorization }, signal: AbortSignal.timeout(patienceMs) };
  try {
    const answer = await fetch(platform.url + path, { ...init, redirect: 'manual' });
    const isEndless = answer.headers.get('content-type')?.startsWith('text/event-stream');
    const text = isEndless ? (await answer.body?.cancel(), '') : await answer.text();
    return { method, path, status: answer.status, retryAfter: answer.headers.get('retry-after'), text };
  } catch (error) {
    return { method, path, status: undefined, error: String(error) };
  }
}

async function logIn(): Promise<string> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(accounts.admin),
  };
  return Granted.parse(await (await fetch(`${platform.url}/auth/login`, init)).json()).access_token;
}
