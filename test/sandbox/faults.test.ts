import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { patienceMs, until } from '../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ env: { FINNHUB_PER_MINUTE: '600' } });
});
afterEach(() => sandbox.clearFaults());
afterAll(() => sandbox.stop());

const quote = (signal = AbortSignal.timeout(patienceMs)) =>
  fetch(`${sandbox.urls.finnhub}/quote?symbol=AAPL&token=free`, { signal });

test('zeros hide the price of a known symbol', async () => {
  await sandbox.fault({ target: 'finnhub', kind: 'zeros' });
  expect(await (await quote()).json()).toEqual({ c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 });
  await sandbox.clearFaults();
  expect(await (await quote()).json()).toMatchObject({ dp: expect.any(Number) });
});

test('a forced 429 looks like the real one, with Retry-After when asked for', async () => {
  await sandbox.fault({ target: 'finnhub', kind: '429', retry_after: 7 });
  const answer = await quote();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
  expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
});

test('slow answers come late, and hanging ones never', async () => {
  await sandbox.fault({ target: 'finnhub', kind: 'slow', ms: 500, times: 1 });
  const beganAt = performance.now();
  expect((await quote()).status).toBe(200);
  expect(performance.now() - beganAt).toBeGreaterThan(490);
  await sandbox.fault({ target: 'finnhub', kind: 'hang' });
  const before = (await sandbox.arrivals('finnhub')).length;
  const ending = new AbortController();
  const hanging = quote(ending.signal);
  await until('it has come', async () => ((await sandbox.arrivals('finnhub')).length > before ? true : undefined));
  ending.abort();
  await expect(hanging).rejects.toThrow(/abort/);
  expect((await sandbox.arrivals('finnhub'))[before]?.status).toBeNull();
});

test('outages, pages and broken bodies are no data', async () => {
  await sandbox.fault({ target: 'finnhub', kind: '5xx' });
  expect((await quote()).status).toBe(502);
  await sandbox.clearFaults();
  await sandbox.fault({ target: 'products', kind: 'html' });
  const page = await fetch(sandbox.urls.products);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  await sandbox.fault({ target: 'finnhub', kind: 'malformed' });
  const broken = await quote();
  expect(broken.status).toBe(200);
  await expect(broken.json()).rejects.toThrow(SyntaxError);
});

test('a fault ends by itself, after its time or its number of strikes', async () => {
  await sandbox.fault({ target: 'rates', kind: '5xx', times: 2 });
  const statuses = [];
  for (let call = 0; call < 3; call += 1) statuses.push((await fetch(sandbox.urls.rates)).status);
  expect(statuses).toEqual([503, 503, 200]);
  await sandbox.fault({ target: 'rates', kind: '5xx', seconds: 5 });
  expect((await fetch(sandbox.urls.rates)).status).toBe(503);
  await expect.poll(async () => (await fetch(sandbox.urls.rates)).status).toBe(200);
});

test('a rate strikes that share of requests', async () => {
  await sandbox.fault({ target: 'rates', kind: '5xx', rate: 0.5 });
  const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(sandbox.urls.rates)));
  const struck = answers.filter(({ status }) => status === 503).length;
  expect(struck).toBeGreaterThan(60);
  expect(struck).toBeLessThan(140);
});

test('the switchboard lists, clears and refuses', async () => {
  const headers = { 'content-type': 'application/json' };
  const post = (body: string) => fetch(`${sandbox.urls.control}/faults`, { method: 'POST', headers, body });
  await post('{"target":"stripe","kind":"slow","rate":0.5,"seconds":20}');
  const listed = await (await fetch(`${sandbox.urls.control}/faults`)).json();
  expect(listed).toMatchObject([{ target: 'stripe', kind: 'slow', rate: 0.5, seconds: 20 }]);
  const [{ seconds_left: left } = { seconds_left: 0 }] = z.array(z.object({ seconds_left: z.number() })).parse(listed);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(20);
  await fetch(`${sandbox.urls.control}/faults?target=stripe&kind=slow`, { method: 'DELETE' });
  expect(await (await fetch(`${sandbox.urls.control}/faults`)).json()).toEqual([]);
  const refused = ['{"target":"finnhub","kind":"decline"}', '{"target":"moon","kind":"slow"}', '{', ''];
  for (const body of refused) expect((await post(body)).status, body).toBe(422);
  expect((await post('{"target":"finnhub","kind":"slow","rate":2}')).status).toBe(422);
});

test('the page of switches needs nothing from elsewhere', async () => {
  const page = await (await fetch(sandbox.urls.control)).text();
  expect(page).toContain('<h1>Sandbox</h1>');
  expect(page.match(/(src|href)="(?!data:)/g)).toBeNull();
  const status = await (await fetch(`${sandbox.urls.control}/status`)).json();
  expect(status).toMatchObject({ upstreams: [{ target: 'finnhub', busiest_window: expect.any(Number) }, {}, {}, {}] });
});

test('only JSON turns a switch, and no page of another site, whatever it sends', async () => {
  const { host, port } = new URL(sandbox.urls.control);
  const body = JSON.stringify({ target: 'stripe', kind: 'decline' });
  const json = { 'content-type': 'application/json' };
  const send = (headers: Record<string, string>, method = 'POST', path = '/faults') => {
    const sent = httpRequest(sandbox.urls.control + path, { method, headers });
    return new Promise<number | undefined>((resolve, reject) => {
      sent.on('error', reject).on('response', (answer) => resolve(answer.resume().statusCode));
      sent.end(method === 'POST' ? body : undefined);
    });
  };
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])
    expect(await send({ 'content-type': type }), type).toBe(415);
  expect(await send({})).toBe(415);
  for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${Number(port) + 1}`, `https://${host}`])
    for (const method of ['POST', 'DELETE', 'GET', 'OPTIONS'])
      expect(await send({ ...json, origin }, method), `${method} ${origin}`).toBe(403);
  expect(await send({ ...json, host: 'evil.example' })).toBe(403);
  expect(await send({}, 'POST', '/hold')).toBe(415);
  expect(await send({}, 'POST', '/payment_intents/pi_1/authenticate')).toBe(415);
  expect(await (await fetch(`${sandbox.urls.control}/faults`)).json()).toEqual([]);
  expect(await send({ ...json, origin: `http://${host}` })).toBe(201);
});
