import { once } from 'node:events';
import { connect } from 'node:net';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RouteEnv } from '../../../src/api/callers/route-env.ts';
import { answerCsv } from '../../../src/api/http/csv.ts';
import { serveApi } from '../../../src/api/serve-api.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { storeOrders } from '../../support/stores/placed-orders.ts';
import { statementsOf } from '../../support/stores/statements.ts';

const many = 1_201;
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  const from = Date.parse('2026-03-01T00:00:00.000Z');
  const rows = Array.from({ length: many }, (_, row) => ({ user: 1, at: new Date(from + row * 60_000) }));
  await storeOrders(api.ctx.orm.em.fork(), rows);
});
afterAll(() => api.close());

/** CSV whose second part cannot be read, once the first has been. */
function halfCsv(isHalfRead: Promise<void>) {
  async function* halves(): AsyncGenerator<string, void> {
    yield 'one\r\n';
    await isHalfRead;
    throw new Error('a secret of ours');
  }
  return new Hono<RouteEnv>().get('/', (c) => {
    c.set('ctx', api.ctx);
    return answerCsv(c, 'half.csv', halves());
  });
}

const ask = (query: string, as: 'demo' | 'admin' = 'demo', accept = 'text/csv') =>
  api.send('GET', `/orders?${query}`, { as, headers: { accept } });
const linesOf = async (query: string, as?: 'demo' | 'admin') => {
  const text = await (await ask(query, as)).text();
  expect(text.endsWith('\r\n')).toBe(true);
  return text.slice(0, -2).split('\r\n');
};

describe('orders as CSV', () => {
  it('are all of the filter, each once, newest first, whatever the page says', async () => {
    const [head, ...lines] = await linesOf('currency=USD&limit=1');
    expect(head).toMatch(/^id,created_at,status,user_id,email,currency,total_amount,/);
    const times = lines.map((line) => line.split(',')[1] ?? '');
    expect(times).toHaveLength(many);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(new Set(times).size).toBe(many);
    expect(lines.at(-1)).toMatch(/,2026-03-01T00:00:00.000Z,paid,1,demo@example.com,USD,1.00,0.00,1 x A thing,,,,$/);
    // The last one is of the midnight after.
    const [, ...ofDay] = await linesOf('from=2026-03-01&to=2026-03-01T19:59:59.999Z');
    expect(ofDay).toHaveLength(1_200);
  });

  it('come as a file for whoever asks for it, and for nobody else', async () => {
    const answer = await ask('limit=1');
    await answer.body?.cancel();
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': expect.stringMatching(/^attachment; filename="orders-\d{4}-\d\d-\d\d\.csv"$/),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: expect.stringContaining('Accept'),
    });
    for (const accept of [
      '*/*',
      'application/json',
      'text/html, */*',
      'text/csv;q=0',
      'text/csv;q=0.5, application/json',
    ])
      expect((await ask('limit=1', 'demo', accept)).headers.get('content-type'), accept).toBe('application/json');
  });

  it('are read a page at a time, and no further than somebody takes them', async () => {
    const heard = await statementsOf(async () => {
      const answer = await ask('currency=USD');
      const reader = answer.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    });
    expect(heard.filter((one) => one === 'select orders')).toHaveLength(1);
    const all = await statementsOf(async () => void (await linesOf('currency=USD')));
    expect(all.filter((one) => one === 'select orders')).toHaveLength(3);
  });

  it('hold nothing that a spreadsheet takes for a formula, and every title whole', async () => {
    const title = '=HYPERLINK("http://x"), "quoted"';
    const [id] = await storeOrders(api.ctx.orm.em.fork(), [{ user: 2, title, currency: 'KWD', totalMinor: 12_345 }]);
    const [, line] = await linesOf(`q=${id}`, 'admin');
    expect(line).toContain(',admin@example.com,KWD,12.345,0.000,"1 x =HYPERLINK(""http://x""), ""quoted""",');
  });

  it('are one’s own, and refused as the list is', async () => {
    const [head, ...lines] = await linesOf('q=admin@example.com');
    expect([head?.split(',').length, lines]).toEqual([13, []]);
    expect(await problemOf(await ask('user_id=2'))).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await problemOf(await api.send('GET', '/orders', { headers: { accept: 'text/csv' } }))).toMatchObject({
      status: 401,
    });
  });

  it('are cut off, and never whole, when what follows cannot be read', async () => {
    const answer = await halfCsv(Promise.resolve()).request('/');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow(/^CSV cut off$/);
  });

  it.each(['1.0', '1.1'])('are seen to be cut off also on the wire, by HTTP/%s', async (version) => {
    const isHalfRead = Promise.withResolvers<void>();
    const server = serveApi({ fetch: halfCsv(isHalfRead.promise).fetch, publicUrl: '' }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    let [heard, failure] = ['', ''];
    socket.on('data', (part) => {
      heard += part.toString();
      if (heard.includes('one\r\n')) isHalfRead.resolve();
    });
    socket.on('error', (error) => (failure = 'code' in error ? String(error.code) : error.message));
    socket.write(`GET / HTTP/${version}\r\nhost: x\r\n\r\n`);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard).toMatch(/^HTTP\/1\.1 200 .*one\r\n/s);
    // The newer says by a last chunk that it is whole.
    if (version === '1.0') expect(failure).toBe('ECONNRESET');
    else expect(heard).toMatch(/transfer-encoding: chunked.*(?<!\r\n0\r\n\r\n)$/is);
  });
});
