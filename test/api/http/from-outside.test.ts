import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CompanyPeers,
  CryptoData,
  EarningsCalendar,
  ForexRate,
  RecommendationTrends,
  StockQuote,
  WatchedSymbol,
} from '../../../src/entities/market.entity.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { Payment, Refund } from '../../../src/entities/payments.entity.ts';
import { CryptoSymbol, Ticker } from '../../../src/market/symbol.ts';
import { type Operation, operationsOf } from '../../fuzz/operations.ts';
import { observedPrice } from '../../support/api/observed-price.ts';
import { accounts, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { adminId } from '../../support/api/accounts.ts';
import { makeAlert, makeKey } from '../../support/api/personas.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { webhooksOf } from '../../support/api/webhooks.ts';
import { fetchQuote } from '../../support/api/market-kinds.ts';

const Page = z.object({ data: z.array(z.unknown()), next_cursor: z.string() });

let api: TestApi;
let operations: Operation[];
let order: string;
let webhook: string;
beforeAll(async () => {
  api = await openTestApi({ RATE_LIMIT_BURST: '0', FINNHUB_API_KEY: 'none', FINNHUB_BASE_URL: 'http://127.0.0.1:9' });
  operations = operationsOf(await (await api.send('GET', '/openapi.json')).json());
  const died = {
    payload: '{}',
    reason: 'none',
    attempts: 1,
    diedAt: new Date(),
    kind: 'fetch-quote',
  };
  for (const symbol of ['AAPL', 'MSFT']) {
    const placed = await api.send('POST', '/orders', { as: 'admin', body: { products: [1] } });
    order = z.object({ id: z.string() }).parse(await placed.json()).id;
    await keepRefund(order);
    await keepObservations(symbol);
    await api.send('POST', '/auth/login', { body: accounts.admin });
    await makeKey(api, adminId, ['orders:read']);
    await makeAlert(api, { id: adminId });
    await api.ctx.jobs.enqueue(fetchQuote, { symbol });
    webhook = (await webhooksOf(api).create({ url: 'https://shop.example.com/hook' })).id;
    await api.ctx.orm.em.fork().insert(DeadLetter, { ...died, id: randomUUID(), jobId: randomUUID() });
  }
  await webhooksOf(api).publish('a', 'b');
});
afterAll(() => api.close());

async function keepRefund(of: string): Promise<void> {
  const em = api.ctx.orm.em.fork();
  const { id: payment } = await em.findOneOrFail(Payment, { order: of });
  const asked = { amountMinor: 1, currency: 'USD', createdAt: new Date(), calls: 0 };
  await em.insert(Refund, {
    ...asked,
    id: randomUUID(),
    order: of,
    payment,
    status: 'unknown',
    gatewayKey: randomUUID(),
    jobId: randomUUID(),
  });
}

/** Prices and rates of what `pathOf` asks for. */
async function keepObservations(publication: string): Promise<void> {
  const em = api.ctx.orm.em.fork();
  const at = new Date(Date.now() - 86_400_000);
  const price = { ...observedPrice('USD', 0), jobId: publication, observedAt: at };
  await em.insert(StockQuote, price);
  await em.insert(CryptoData, { ...price, symbol: CryptoSymbol.parse('USD') });
  for (const table of [CompanyPeers, EarningsCalendar, RecommendationTrends])
    await em.insert(table, { symbol: 'USD', jobId: publication, data: [], observedAt: at, source: 'finnhub' });
  const watched = { kind: 'stock', everySeconds: 60, addedBy: null, createdAt: at, polledAt: null } as const;
  await em.insert(WatchedSymbol, { ...watched, symbol: publication });
  const rates = { EUR: '0.9', USD: '1' };
  await em.insert(ForexRate, { base: 'USD', publication, rates, asOf: at, observedAt: at, source: 'ecb' });
}

const get = (path: string, headers: Record<string, string> = {}) =>
  api.send('GET', path, { as: 'admin', headers: { accept: 'application/json', ...headers } });
const taking = (name: string) =>
  operations.filter(({ method, parameters }) => method === 'GET' && parameters.some((one) => one.name === name));

/** A path with what its operation needs, and these parameters. */
function pathOf({ path, parameters }: Operation, given: Readonly<Record<string, string>>): string {
  const needed = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map(({ name }): [string, string] => [name, 'USD']);
  const query = new URLSearchParams([...needed, ...Object.entries(given)]).toString();
  const id = path.startsWith('/webhooks/') ? webhook : order;
  return `${path.replace('{name}', 'payments').replace(/\{\w+\}/, id)}?${query}`;
}

async function expectRefused(path: string, pointer: string, headers: Record<string, string> = {}): Promise<void> {
  const answer = await get(path, headers);
  if (answer.status === 200) await answer.body?.cancel();
  expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(422);
  expect((await problemOf(answer)).errors?.map((fault) => fault.pointer)).toContain(pointer);
}

const noNumbers = [
  '1e1',
  '0x10',
  '+5',
  ' 5',
  '5 ',
  '5.0',
  '',
  '-1',
  '0',
  'NaN',
  'Infinity',
  '1'.repeat(30),
  '٣',
  '1_0',
];

describe('a number in a query', () => {
  it('is written in digits, and within its bounds', async () => {
    expect(taking('limit').length).toBeGreaterThan(7);
    for (const operation of taking('limit'))
      for (const limit of [...noNumbers, '101']) await expectRefused(pathOf(operation, { limit }), 'limit');
    for (const actor of noNumbers) await expectRefused(`/audit?${new URLSearchParams({ actor }).toString()}`, 'actor');
  });
});

describe('a number in a path', () => {
  it.each(['/users', '/products'])('of %s names nobody unless it is written as an id is', async (path) => {
    for (const id of [...noNumbers, '01', '99999999999', '9007199254740993'].filter((some) => some !== ''))
      expect((await get(`${path}/${encodeURIComponent(id)}`)).status, id).toBe(404);
  });
});

const noDays = [
  '0000-00-00',
  '0000-01-01',
  '0999-12-31',
  '275760-09-13',
  '+275760-09-13',
  '-000001-01-01',
  '10000-01-01',
];
const noDates = [...noDays, '2026-02-30', '2026-13-01', '2026-1-1', '20260101', ' 2026-01-01', '', 'NaN', '1e3', 'now'];
const noTimes = [
  '9999-12-31T23:59:59.999-00:01',
  '1000-01-01T00:00:00+00:01',
  '0000-01-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+99:99',
];

describe('a date', () => {
  it('is one of the years 1000 to 9999, by the calendar', async () => {
    expect(taking('from').length).toBeGreaterThan(4);
    for (const operation of taking('from'))
      for (const name of ['from', 'to'])
        for (const text of [...noDates, ...noTimes]) await expectRefused(pathOf(operation, { [name]: text }), name);
    for (const before of [...noDates, ...noTimes])
      expect((await api.send('POST', '/dead-letters/replay', { as: 'admin', body: { before } })).status).toBe(422);
  });

  it('at the edges of what is taken is a fault nowhere', async () => {
    const [first, last] = ['1000-01-01', '9999-12-31'];
    const toLast = [first, last].map((from) => ({ from, to: last }));
    for (const operation of taking('from'))
      for (const given of [{ to: first }, { from: last }, { from: first, to: first }, ...toLast]) {
        const answer = await get(pathOf(operation, { ...given }), { prefer: 'wait=0' });
        const what = `${operation.path} ${JSON.stringify(given)}`;
        expect([200, 202, 422, 503], what).toContain(answer.status);
        // A year of five digits is told with a sign before it.
        expect(/"[+-]\d{6}-/.exec(await answer.text()), what).toBeNull();
      }
  });
});

describe('a cursor', () => {
  const forged: readonly unknown[] = [
    ...noNumbers,
    '\u0000',
    '\ud800',
    '🙂',
    'null',
    '{',
    '{}',
    '[]',
    '{"atMs":null,"id":"1"}',
    'x'.repeat(200),
    "' or 1=1 --",
    null,
    1,
    -1,
    1e300,
    true,
    [],
    {},
    ['1'],
    { $gt: '' },
  ];

  it('made up for the very list it is sent to is one of no list, unless it could be one of its', async () => {
    const lists = taking('cursor');
    expect(lists.length).toBeGreaterThan(7);
    for (const operation of lists) {
      const { next_cursor } = Page.parse(await (await get(pathOf(operation, { limit: '1' }))).json());
      expect((await get(pathOf(operation, { limit: '1', cursor: next_cursor }))).status).toBe(200);
      const [list] = z.array(z.unknown()).parse(JSON.parse(Buffer.from(next_cursor, 'base64url').toString()));
      const cursors = [
        // Of the watchlist, whatever may be a symbol may be a place.
        ...forged
          .filter((place) => list !== 'watchlist' || Ticker.safeParse(place).data !== place)
          .flatMap((place) => [[list, place], [list, place, place], [list, [place]], { 0: list, 1: place }]),
        list,
        [list],
        [],
        {},
        null,
        1,
      ].map((made) => Buffer.from(JSON.stringify(made)).toString('base64url'));
      for (const cursor of [...cursors, '', 'AA', '!', '%', 'null', next_cursor.slice(1)])
        await expectRefused(pathOf(operation, { cursor }), 'cursor');
    }
  });
});

describe('a list', () => {
  it('of whatever it is takes `limit` and goes on at `next_cursor`, and no row comes twice', async () => {
    const lists = operations.filter(({ answers, method }) => {
      const schema = answers.get(200)?.get('application/json');
      return method === 'GET' && schema?.safeParse({ data: [], next_cursor: null }).success;
    });
    const paths = lists.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/users', '/jobs/kinds', '/problems', '/orders/{id}/timeline']));
    // The log of events goes on after one of them.
    const named = ({ parameters }: Operation) => parameters.map(({ name }) => name);
    for (const operation of lists) expect(named(operation), operation.path).toContain('limit');
    for (const operation of taking('cursor')) {
      const first = Page.parse(await (await get(pathOf(operation, { limit: '1' }))).json());
      expect(first.data, operation.path).toHaveLength(1);
      const more = { limit: '1', cursor: first.next_cursor };
      const second = z.object({ data: z.array(z.unknown()) }).parse(await (await get(pathOf(operation, more))).json());
      expect(second.data, operation.path).toHaveLength(1);
      if (operation.path !== '/jobs') expect(second.data).not.toEqual(first.data);
    }
  });
});

describe('the id of an event', () => {
  it('is one of the log', async () => {
    for (const after of [...noNumbers, '0-0', randomUUID(), '{}'])
      await expectRefused(pathOf(events(), { after }), 'after');
  });

  it.each(['/streams/orders', '/streams/market'])(
    'on %s is written as Redis writes it, however large',
    async (path) => {
      const odd = [
        '1',
        '-',
        '1-',
        '-1',
        '1-1-1',
        '01-1',
        '1-01',
        '1e3-0',
        '0x10-0',
        '-1-1',
        '1.5-0',
        '9'.repeat(20),
        '*',
        '$',
      ];
      for (const id of [...odd, `${'9'.repeat(20)}-0`])
        await expectRefused(path, 'last-event-id', { 'last-event-id': id });
      for (const id of ['0-0', '0-1', `${'9'.repeat(19)}-${'9'.repeat(19)}`, `1-${'9'.repeat(19)}`]) {
        const answer = await get(path, { 'last-event-id': id });
        expect(answer.status, id).toBe(200);
        const reader = answer.body?.getReader();
        expect((await reader?.read())?.done).toBe(false);
        await reader?.cancel();
      }
    },
  );
});

function events(): Operation {
  const found = operations.find(({ path }) => path === '/events');
  if (!found) throw new Error('there is no log of events');
  return found;
}
