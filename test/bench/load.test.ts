import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeLoad } from '../../bench/load/make-load.ts';
import { spread } from '../../bench/load/plan.ts';

const seen: (string | undefined)[] = [];
const server = createServer((request, response) => {
  seen.push(request.headers['idempotency-key']?.toString());
  // Chunked and counted bodies, and a refusal.
  if (request.url === '/refused') response.writeHead(429);
  if (seen.length % 2 === 0) response.write('{"id":');
  response.end('"1"}');
});
let url = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});
afterAll(() => server.close());

const ask = {
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  keyed: 0.5,
} as const;

it('asks as often as it may, and counts every answer', async () => {
  seen.length = 0;
  const report = await makeLoad({ urls: [url], ask, connections: 7, seconds: 600, most: 100 });
  expect(report).toMatchObject({ answers: { 200: 100 }, good: 100 });
  expect(seen).toHaveLength(100);
});

it('gives its share of requests a key, each another', async () => {
  seen.length = 0;
  await makeLoad({ urls: [url], ask, connections: 3, seconds: 600, most: 40 });
  const keys = seen.filter((key) => key !== undefined);
  expect([keys.length, new Set(keys).size]).toEqual([20, 20]);
});

it('asks at even distances as often as was told, however long answers take', async () => {
  const report = await makeLoad({ urls: [url], ask, connections: 2, seconds: 0.5, perSecond: 200 });
  expect(report.good).toBe(100);
});

it('does not take a refusal for an answer', async () => {
  const report = await makeLoad({
    urls: [url],
    ask: { ...ask, path: '/refused' },
    connections: 2,
    seconds: 600,
    most: 10,
  });
  expect(report).toMatchObject({ answers: { 429: 10 }, good: 0 });
});

it('tells latencies by their ranks', () => {
  expect(spread(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({ p50: 51, p99: 100, most: 100 });
  expect(spread([])).toEqual({ p50: 0, p99: 0, most: 0 });
});
