import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { openAsk } from '../../clients/typescript/src/ask.ts';
import { operations } from '../../clients/typescript/src/generated/api.ts';
import { NoAnswer, openOrderflow, Refused } from '../../clients/typescript/src/orderflow.ts';
import { listen, type LocalServer } from '../support/upstreams/local-server.ts';
import { until } from '../support/processes/process.ts';
import { standStill } from '../support/processes/stand-still.ts';

type Reply = Readonly<{ status: number; headers?: Record<string, string>; body?: unknown }> | 'lost';
type Heard = Readonly<{ method: string; url: string; key: string; authorization: string; body: string }>;

let server: LocalServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A server that answers with these, one after the other and the last for ever, and what it has heard. */
async function serve(...replies: readonly Reply[]) {
  const heard: Heard[] = [];
  server = await listen(async (request, response) => {
    heard.push(await hear(request));
    answer(response, replies[heard.length - 1] ?? replies.at(-1) ?? 'lost');
  });
  return { url: server.url, heard };
}

async function hear(request: IncomingMessage): Promise<Heard> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { method = '', url = '', headers } = request;
  return { method, url, key: String(headers['idempotency-key']), authorization: headers.authorization ?? '', body };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === 'lost') return void response.destroy();
  const isProblem = reply.status >= 400 && reply.body !== undefined;
  response.writeHead(reply.status, {
    'content-type': isProblem ? 'application/problem+json' : 'application/json',
    ...reply.headers,
  });
  response.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
}

const order = { status: 201, body: { id: 'an order' } };
const problem = (status: number, code: string, seconds?: number): Reply => ({
  status,
  body: { status, code, title: 'No', detail: 'Not so.' },
  ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
});
const one = { body: { products: [1] } };
const granted = { status: 200, body: { access_token: 'token' } };
const done = { status: 200, body: { id: 1 } };
const login = { email: 'a@example.com', password: 'a long sentence' };

it('sends what it is given where it belongs', async () => {
  const { url, heard } = await serve({ status: 200, body: {} });
  const { listOrders, payOrder, stopWatchingSymbol } = openOrderflow({ url: `${url}/`, key: 'ofk_1' });
  await listOrders({ status: 'paid', limit: 5, cursor: undefined });
  await payOrder({ id: 'a/b?', body: { payment_method: 'pm_card_visa' } });
  await stopWatchingSymbol({ symbol: 'BINANCE:BTCUSDT' });
  expect(heard).toMatchObject([
    { method: 'GET', url: '/orders?status=paid&limit=5', authorization: 'Bearer ofk_1', key: 'undefined', body: '' },
    { method: 'POST', url: '/orders/a%2Fb%3F/pay', body: '{"payment_method":"pm_card_visa"}' },
    { method: 'DELETE', url: '/market/watchlist/BINANCE%3ABTCUSDT' },
  ]);
});

it.each([undefined, '', '.', '..'])('asks nobody for what has %j for its id', async (id) => {
  const { url, heard } = await serve({ status: 200, body: { data: [], next_cursor: null } });
  const asked = openAsk((path) => fetch(url + path))(operations.readOrder, { id });
  await expect(asked).rejects.toThrow(new TypeError(`id must name one thing; '${String(id)}' does not`));
  const { watchOrder, all } = openOrderflow({ url });
  await expect(watchOrder(id ?? '').next()).rejects.toThrow(TypeError);
  await expect(all('readOrderTimeline', { id: id ?? '' }).next()).rejects.toThrow(TypeError);
  expect(heard).toEqual([]);
});

it('repeats an order whose answer was lost by the same key, and names the next one anew', async () => {
  const { url, heard } = await serve('lost', 'lost', order);
  const { placeOrder } = openOrderflow({ url });
  expect(await placeOrder(one)).toEqual(order.body);
  await placeOrder(one);
  await placeOrder(one, { intention: 'cart-4711' });
  const keys = heard.map(({ key }) => key);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[0]).toMatch(/^[\da-f]{32}$/);
  expect(keys[3]).not.toBe(keys[0]);
  expect(keys[4]).toBe('cart-4711');
});

it('says by which intention to go on when nobody has answered for too long', async () => {
  const { url, heard } = await serve('lost');
  const failed = openOrderflow({ url }).placeOrder(one, { patienceMs: 0 });
  await expect(failed).rejects.toBeInstanceOf(NoAnswer);
  await expect(failed).rejects.toMatchObject({ intention: heard[0]?.key });
  expect(heard).toHaveLength(1);
});

it('never repeats what might be done twice', async () => {
  const { url, heard } = await serve('lost', problem(503, 'unavailable', 0), order);
  const { retryJob } = openOrderflow({ url });
  await expect(retryJob({ id: 'a' })).rejects.toBeInstanceOf(NoAnswer);
  await expect(retryJob({ id: 'a' })).rejects.toBeInstanceOf(Refused);
  expect(heard).toHaveLength(2);
});

it('repeats whatever has not been begun', async () => {
  const { url, heard } = await serve(problem(503, 'overloaded', 0), problem(429, 'too_many_requests', 0), {
    status: 200,
  });
  await openOrderflow({ url }).retryJob({ id: 'a' });
  expect(heard).toHaveLength(3);
});

it.each([
  ['a request of this key is still at work', problem(409, 'idempotency_key_in_use', 0)],
  ['the database is away', problem(503, 'unavailable', 0)],
  ['a proxy finds nobody behind it', { status: 502 }],
] as const)('waits as it is told when %s', async (_, reply) => {
  const { url, heard } = await serve(reply, order);
  await openOrderflow({ url }).placeOrder(one);
  expect(heard).toHaveLength(2);
});

it.each([
  ['nobody advises to', problem(503, 'not_configured')],
  ['it would take too long', problem(429, 'too_many_requests', 900)],
  ['it is wrong', problem(422, 'invalid', 0)],
  ['it is too late', problem(409, 'order_closed')],
  ['it is our fault', problem(500, 'internal')],
])('does not ask again when %s', async (_, reply) => {
  const { url, heard } = await serve(reply, order);
  await expect(openOrderflow({ url }).placeOrder(one)).rejects.toBeInstanceOf(Refused);
  expect(heard).toHaveLength(1);
});

it('tells the problem and its advice', async () => {
  const { url } = await serve(problem(429, 'too_many_requests', 900), { status: 404 });
  const { placeOrder } = openOrderflow({ url });
  const advised = { code: 'too_many_requests', status: 429, retryAfterMs: 900_000, message: 'No: Not so.' };
  await expect(placeOrder(one)).rejects.toMatchObject(advised);
  await expect(placeOrder(one)).rejects.toMatchObject({ code: undefined, status: 404 });
});

it('waits for a price that is being fetched, but takes a job that has been asked for', async () => {
  const pending = { status: 202, headers: { 'retry-after': '0' }, body: { job_id: 'a' } };
  const { url, heard } = await serve(pending, { status: 200, body: { c: 1 } }, pending);
  const { readQuote, syncProducts } = openOrderflow({ url });
  expect(await readQuote({ symbol: 'AAPL' })).toEqual({ c: 1 });
  expect(await syncProducts()).toEqual({ job_id: 'a' });
  await expect(readQuote({ symbol: 'AAPL' }, { patienceMs: 0 })).rejects.toThrow(/still being fetched/);
  expect(heard).toHaveLength(4);
});

it('goes through a list page by page', async () => {
  const { url, heard } = await serve(
    { status: 200, body: { data: [1, 2], next_cursor: 'b' } },
    { status: 200, body: { data: [3], next_cursor: null } },
  );
  const seen: unknown[] = [];
  for await (const each of openOrderflow({ url }).all('listOrders', { status: 'paid' })) seen.push(each);
  expect(seen).toEqual([1, 2, 3]);
  expect(heard.map((each) => each.url)).toEqual([
    '/orders?limit=100&status=paid',
    '/orders?limit=100&status=paid&cursor=b',
  ]);
});

it('goes through the log by the last event of a page', async () => {
  const { url, heard } = await serve(
    { status: 200, body: { data: [1], next_cursor: 'b' } },
    { status: 200, body: { data: [2], next_cursor: null } },
  );
  const seen: unknown[] = [];
  for await (const each of openOrderflow({ url }).all('listEvents')) seen.push(each);
  expect(seen).toEqual([1, 2]);
  expect(heard.map((each) => each.url)).toEqual(['/events?limit=100', '/events?limit=100&after=b']);
});

it('logs in once for all that ask, anew when the login has ended, and not for ever', async () => {
  let logins = 0;
  let isOver = false;
  server = await listen((request, response) => {
    if (request.url === '/auth/login')
      return answer(response, { status: 200, body: { access_token: `token-${(logins += 1)}` } });
    const isGood = !isOver && request.headers.authorization === `Bearer token-${logins}`;
    answer(response, isGood ? { status: 200, body: { id: 1 } } : problem(401, 'unauthenticated'));
  });
  const orderflow = openOrderflow({ url: server.url, login });
  const askThrice = () => Promise.all([orderflow.me(), orderflow.me(), orderflow.me()]);
  await askThrice();
  expect(logins).toBe(1);
  logins = 7;
  await askThrice();
  expect(logins).toBe(8);
  isOver = true;
  await expect(orderflow.me()).rejects.toMatchObject({ status: 401 });
  expect(logins).toBe(9);
});

it('logs in again after a login that was refused', async () => {
  const { url, heard } = await serve(problem(401, 'bad_credentials'), granted, done);
  const { me } = openOrderflow({ url, login });
  await expect(me()).rejects.toMatchObject({ code: 'bad_credentials' });
  expect(await me()).toEqual(done.body);
  expect(heard.map((each) => each.url)).toEqual(['/auth/login', '/auth/login', '/auth/me']);
});

it.each([
  ['is lost', 'lost'],
  ['says that the database is away', problem(503, 'unavailable', 0)],
  ['comes from a proxy that finds nobody behind it', { status: 502 }],
] as const)('logs in again when the answer to its login %s, also for what is never repeated', async (_, reply) => {
  const { url, heard } = await serve(reply, granted, done);
  expect(await openOrderflow({ url, login }).retryJob({ id: 'a' })).toEqual(done.body);
  expect(heard.map((each) => each.url)).toEqual(['/auth/login', '/auth/login', '/jobs/a/retry']);
});

it('says by which intention to go on when a login on the way had no answer either', async () => {
  const { url, heard } = await serve('lost');
  const failed = openOrderflow({ url, login }).placeOrder(one, { patienceMs: 0, intention: 'cart-4711' });
  await expect(failed).rejects.toMatchObject({ name: 'NoAnswer', intention: 'cart-4711' });
  expect(heard.map((each) => each.url)).toEqual(['/auth/login']);
});

it('leaves a login on the way when it is told to or its time is over, and the login goes on for the others', async () => {
  let logins = 0;
  let grant = () => {};
  server = await listen((request, response) => {
    if (request.url !== '/auth/login') return answer(response, done);
    logins += 1;
    grant = () => answer(response, granted);
  });
  const { me } = openOrderflow({ url: server.url, login });
  const other = me();
  const ending = new AbortController();
  const ended = me(undefined, { signal: ending.signal, patienceMs: 0 });
  await until('the login has been asked for', () => logins > 0 || undefined);
  const reason = new Error('enough');
  ending.abort(reason);
  await expect(ended).rejects.toBe(reason);
  await expect(me(undefined, { timeoutMs: 1, patienceMs: 0 })).rejects.toBeInstanceOf(NoAnswer);
  grant();
  expect(await other).toEqual(done.body);
  expect(logins).toBe(1);
});

it('does not hand its key to whoever it is redirected to', async () => {
  const stranger: string[] = [];
  const elsewhere = await listen((request, response) => {
    stranger.push(String(request.headers.authorization));
    answer(response, { status: 200, body: {} });
  });
  const { url } = await serve({ status: 307, headers: { location: `${elsewhere.url}/orders` } });
  const asked = openOrderflow({ url, key: 'ofk_1' }).listOrders({}, { patienceMs: 0 });
  await expect(asked).rejects.toBeInstanceOf(NoAnswer);
  expect(stranger).toEqual([]);
  await elsewhere.close();
});

it('ends when it is told to, also while it waits, with the reason', async () => {
  const { url, heard } = await serve(problem(503, 'unavailable', 30));
  const ending = new AbortController();
  const asked = openOrderflow({ url }).placeOrder(one, { signal: ending.signal });
  const reason = new Error('enough');
  const end = async () => {
    await until('it is asked', () => heard.length > 0 || undefined);
    ending.abort(reason);
  };
  await Promise.all([expect(asked).rejects.toBe(reason), end()]);
  expect(heard).toHaveLength(1);
});

it('tries again what was under way while it stood still for longer than it is patient', async () => {
  let asked = 0;
  server = await listen((_, response) => {
    asked += 1;
    if (asked > 1) answer(response, order);
  });
  const placing = openOrderflow({ url: server.url }).placeOrder(one, { timeoutMs: 500, patienceMs: 2_000 });
  await until('it is asked', () => asked || undefined);
  await standStill(3_000);
  expect(await placing).toEqual(order.body);
  expect(asked).toBe(2);
});
