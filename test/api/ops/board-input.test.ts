import { afterAll, beforeAll, expect, it } from 'vitest';
import { boardRequestsOf, type RouteRequest } from '../../support/api/every-route.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { fetchQuote } from '../../support/api/market-kinds.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ RATE_LIMIT_BURST: '0' });
});
afterAll(() => api.close());

const mostBytes = 32 * 1024;
const removing = /clean|empty|obliterate|promote|remove/;
const nasty = ['%', '%25', '1e300', '0x10', '-1', '0', 'NaN', '\u0000', '🙂', '__proto__', 'x'.repeat(3_000)];
const values: readonly unknown[] = [
  null,
  -1,
  1e300,
  1.5,
  '',
  '%',
  'x'.repeat(9_000),
  true,
  [],
  [[]],
  {},
  { a: { b: [] } },
];
const fields = [
  'name',
  'data',
  'options',
  'jobData',
  'runAt',
  'priority',
  'concurrency',
  'max',
  'duration',
  'force',
  'pattern',
  'every',
  'limit',
  'endDate',
];
const options = [
  'delay',
  'attempts',
  'backoff',
  'jobId',
  'repeat',
  'priority',
  'parent',
  'lifo',
  'removeOnComplete',
  'deduplication',
  'timestamp',
  'sizeLimit',
  'telemetry',
];

/** Requests that the board's routes should have something against. */
function variants({ method, path }: RouteRequest, id: string): readonly (readonly [string, string | undefined])[] {
  const place = path.replaceAll('/1', `/${id}`);
  if (method === 'GET') {
    const queries = ['activeQueue', 'queueName', 'status', 'page', 'jobsPerPage', 'depth', 'maxChildren', 'root'];
    const odd = queries.flatMap((name) => nasty.map((text) => `${name}=${encodeURIComponent(text)}`));
    const active = nasty.flatMap((text) => [
      `activeQueue=finnhub&page=${encodeURIComponent(text)}`,
      `activeQueue=finnhub&jobsPerPage=${encodeURIComponent(text)}`,
    ]);
    const names = nasty.map((text) => [path.replace('/finnhub', `/${encodeURIComponent(text)}`), undefined] as const);
    return [...[...odd, ...active].map((query) => [`${place}?${query}`, undefined] as const), ...names];
  }
  // Who adds a job says most; all that is wrong with it comes from BullMQ.
  const isAdding = path.endsWith('/add');
  const isRemoving = removing.test(path);
  const added = (given: object) => JSON.stringify({ name: 'fetch-quote', data: {}, options: given });
  const bodies = [
    ...values.map((value) => JSON.stringify(value)),
    ...(isRemoving ? [] : fields).flatMap((field) => [-1, {}].map((value) => JSON.stringify({ [field]: value }))),
    ...(isAdding ? options.flatMap((name) => values.map((value) => added({ [name]: value }))) : []),
    ...(isAdding ? [added({ jobId: 'a:b' }), added({ repeat: { pattern: 'never' } })] : []),
    JSON.stringify({ pattern: 'never' }),
  ];
  return bodies.map((body) => [place, body]);
}

it('whatever Bull Board is sent is no fault, and no refusal is large', async () => {
  const id = await api.ctx.jobs.enqueue(fetchQuote, { symbol: 'AAPL' });
  const faults: string[] = [];
  const send = async (request: RouteRequest) => {
    for (const [path, body] of variants(request, id)) {
      const answer = await api.send(request.method, path, { as: 'admin', ...(body === undefined ? {} : { body }) });
      const text = await answer.text();
      if (answer.status >= 500 || (answer.status >= 400 && Buffer.byteLength(text) > mostBytes))
        faults.push(
          `${answer.status} ${request.method} ${path.slice(0, 120)} ${body?.slice(0, 120)} ${text.slice(0, 200)}`,
        );
    }
  };
  const requests = boardRequestsOf('/admin/queues', 'finnhub');
  const isRemoving = ({ path }: RouteRequest) => removing.test(path);
  for (const request of requests.filter((some) => !isRemoving(some))) await send(request);
  // What has been added nevertheless, odd as it is, keeps nobody from seeing the others.
  for (const path of ['/jobs', '/queues', '/admin/queues/api/queues?activeQueue=finnhub'])
    expect((await api.send('GET', path, { as: 'admin' })).status, path).toBe(200);
  for (const request of requests.filter(isRemoving)) await send(request);
  expect(faults).toEqual([]);
});
