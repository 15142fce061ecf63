import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { redisKeys } from '../../docs/generate/redis-keys.ts';
import { variables } from '../../src/config.ts';
import { allEntities } from '../../src/entities/orm-options.ts';
import { auditKeys } from '../support/stores/redis-keys.ts';
import { openEventClient } from '../support/api/event-client.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { accounts, Granted } from '../support/api/test-api.ts';

/** The original's own example of a quote. */
const glossary = { c: 245.5, d: 7.62, dp: 3.2033, h: 246.3, l: 240.2106, o: 241.225, pc: 237.88, t: 1_758_312_000 };
const order = { user_id: 1, products: [1, 2], total_amount: 100 };
const Made = z.object({ id: z.union([z.int(), z.string()]) });
const Page = z.object({ data: z.array(z.looseObject({})) });
const page = readFileSync('docs/from-the-original.md', 'utf8');

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.stop());

/** The first cells of the table under a heading of the page, without their backticks. */
function rowsOf(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const cells = Array.from(section.matchAll(/^\| ([^|]+) \|/gm), ([, cell = '']) => cell.replaceAll('`', ''));
  return cells.filter((cell) => !['original', 'variable', '---'].includes(cell));
}
async function read(path: string, account?: keyof typeof accounts) {
  const waiting = { headers: { prefer: 'wait=10' } };
  const url = `${platform.url}${path}`;
  const answer = await (account ? platform.send('GET', path, undefined, account) : fetch(url, waiting));
  return { status: answer.status, body: z.looseObject({}).parse(await answer.json()) };
}
async function send(method: string, path: string, body: unknown, account: keyof typeof accounts) {
  const answer = await platform.send(method, path, body, account);
  const text = await answer.text();
  return { status: answer.status, body: z.looseObject({}).parse(text === '' ? {} : JSON.parse(text)) };
}
const make = async (path: string, body: unknown, account: keyof typeof accounts) => {
  const { status, body: made } = await send('POST', path, body, account);
  expect(status).toBe(201);
  return Made.parse(made).id;
};
const orderIs = (id: string | number, status: string) =>
  until(`order ${id} ${status}`, async () =>
    (await read(`/orders/${id}`, 'demo')).body['status'] === status ? true : undefined,
  );

const price = Object.fromEntries(Object.keys(glossary).map((key) => [key, expect.any(Number)]));
const endpoints: Readonly<Record<string, () => Promise<void>>> = {
  async 'GET /auth/ping'() {
    expect(await read('/auth/ping')).toEqual({ status: 200, body: { status: 'ok' } });
  },
  async 'GET /products/'() {
    const { status, body } = await read('/products/');
    expect(status).toBe(200);
    expect(body['data']).toMatchObject([
      { id: 1, price: 60, currency: 'USD' },
      { id: 2, price: 40 },
    ]);
  },
  async 'POST /orders/'() {
    const placed = await send('POST', '/orders/', order, 'demo');
    expect(placed).toMatchObject({ status: 201, body: { user_id: 1, status: 'pending', total_amount: 100 } });
    expect(await send('POST', '/orders/', { ...order, total_amount: 1 }, 'demo')).toMatchObject({ status: 422 });
  },
  async 'GET /payments/start'() {
    for (const _ of [1, 2])
      expect(await read('/payments/start')).toMatchObject({ status: 200, body: { status: 'running' } });
  },
  async 'GET /market/quote?symbol=AAPL'() {
    const { status, body } = await read('/market/quote?symbol=AAPL');
    expect({ status, body }).toMatchObject({ status: 200, body: { symbol: 'AAPL', source: 'finnhub', ...price } });
    expect((await read('/market/quote/?symbol=aapl')).body).toMatchObject({ ...body, stale: expect.any(Boolean) });
  },
  async 'GET /market/company?symbol=AAPL'() {
    expect(await read('/market/company?symbol=AAPL')).toMatchObject({ status: 200, body: { name: 'Apple Inc' } });
  },
  async 'GET /market/news?symbol=AAPL'() {
    const { status, body } = await read('/market/news?symbol=AAPL');
    expect(status).toBe(200);
    expect(Page.parse(body).data[0]).toMatchObject({ headline: expect.any(String), url: expect.any(String) });
  },
  async 'GET /market/forex?base=USD'() {
    const { status, body } = await read('/market/forex?base=USD');
    expect({ status, body }).toMatchObject({ status: 200, body: { base: 'USD', quote: { EUR: expect.any(Number) } } });
  },
  async 'GET /market/crypto?symbol=BTC'() {
    expect(await read('/market/crypto?symbol=BTC')).toMatchObject({
      status: 200,
      body: { symbol: 'BINANCE:BTCUSDT', ...price },
    });
  },
};

const flows: Readonly<Record<string, () => Promise<void>>> = {
  async 'order → paid → subscribers'() {
    const login = await platform.send('POST', '/auth/login', accounts.demo);
    const authorization = `Bearer ${Granted.parse(await login.json()).access_token}`;
    const browser = openEventClient(`${platform.url}/streams/orders`, { authorization });
    await browser.connect();
    const id = await make('/orders/', order, 'demo');
    await orderIs(id, 'paid');
    const frames = await browser.have(2);
    await browser.disconnect();
    expect(frames.map(({ event }) => event)).toEqual(['order.created', 'order.paid']);
    const entries = (await readStream(platform.redis, 'orders')).filter(({ subject }) => subject === id);
    expect(entries.map(({ type }) => type)).toEqual(['order.created', 'order.paid']);
  },
  async 'market read → subscribers'() {
    const dashboard = openEventClient(`${platform.url}/streams/market?symbols=MSFT`);
    await dashboard.connect();
    const { body } = await read('/market/quote?symbol=MSFT');
    const [frame] = await dashboard.have(1);
    await dashboard.disconnect();
    expect(frame?.event).toBe('quote.updated');
    expect(JSON.parse(frame?.data ?? '')).toMatchObject({ subject: 'MSFT', data: { c: body['c'], t: body['t'] } });
    expect(await platform.redis.get('copy:fetch-quote:MSFT')).toContain(`"c":${String(body['c'])}`);
  },
  async 'product sync'() {
    const { status, body } = await read('/products/?sync=true&limit=100');
    expect(status).toBe(200);
    expect(Page.parse(body).data).toHaveLength(22);
    const entries = await until('the sync is announced', async () => {
      const announced = await readStream(platform.redis, 'catalog');
      return announced.at(-1)?.type === 'product.synced' ? announced : undefined;
    });
    expect(entries.filter(({ type }) => type === 'product.created')).toHaveLength(20);
  },
  async history() {
    for (const path of [
      'quote/history?symbol=MSFT',
      'crypto/history?symbol=BTC',
      'forex/history?base=USD&from=2020-01-01',
    ])
      expect(Page.parse((await read(`/market/${path}`)).body).data.length, path).toBeGreaterThan(0);
  },
};

describe.each([
  ['Endpoints', endpoints],
  ['Flows', flows],
])('%s of the original', (heading, walks) => {
  it('are all on the page, and all on the page are walked', () => {
    expect(rowsOf(heading)).toEqual(Object.keys(walks));
  });
  it.each(Object.entries(walks))('%s', async (_, walk) => walk());
});

it('the original’s glossary of the quote stands in /docs as the example', async () => {
  expect(await (await fetch(`${platform.url}/docs`)).text()).toContain('swagger');
  const Example = z.object({ content: z.object({ 'application/json': z.object({ example: z.looseObject({}) }) }) });
  const Operation = z.object({ description: z.string(), responses: z.object({ 200: Example }) });
  const { paths } = z
    .object({ paths: z.object({ '/market/quote': z.object({ get: Operation }) }) })
    .parse((await read('/openapi.json')).body);
  const { description, responses } = paths['/market/quote'].get;
  expect(responses[200].content['application/json'].example).toMatchObject({ symbol: 'AAPL', ...glossary });
  for (const key of Object.keys(glossary)) expect(description).toContain(`\`${key}\``);
});

describe('CRUD', () => {
  it.each([
    ['users', { email: 'ada@example.com', password: 'a long sentence', name: 'Ada' }, { name: 'Ada Example' }, 'admin'],
    ['products', { title: 'Desk Lamp', price: 24.5 }, { price: 19.99 }, 'admin'],
  ] as const)('of %s', async (name, given, change, account) => {
    const id = await make(`/${name}/`, given, account);
    expect(Page.parse((await read(`/${name}/?limit=100`, account)).body).data).toContainEqual(
      expect.objectContaining({ id }),
    );
    expect(await send('PATCH', `/${name}/${id}`, change, account)).toMatchObject({ status: 200, body: change });
    expect(await read(`/${name}/${id}`, account)).toMatchObject({ status: 200, body: change });
    expect((await send('DELETE', `/${name}/${id}`, undefined, account)).status).toBe(204);
    expect((await read(`/${name}/${id}`, account)).status).toBe(404);
  });

  it('of orders, where deleting is cancelling', async () => {
    const id = await make('/orders/', { ...order, payment_method: 'pm_card_chargeDeclined' }, 'demo');
    await orderIs(id, 'payment_failed');
    expect(await send('PATCH', `/orders/${id}`, { products: [2, 2] }, 'demo')).toMatchObject({
      status: 200,
      body: { items: [{ product_id: 2, quantity: 2 }], total_amount: 80 },
    });
    expect(Page.parse((await read('/orders/', 'demo')).body).data).toContainEqual(expect.objectContaining({ id }));
    expect(await send('DELETE', `/orders/${id}`, undefined, 'demo')).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
  });
});

it('each table of the original is on the page, and holds rows after all this', async () => {
  const em = platform.orm.em.fork();
  const names = 'User Product Order Payment StockQuote CompanyProfile MarketNews ForexRate CryptoData'.split(' ');
  expect(rowsOf('Tables')).toEqual(names);
  for (const name of names) {
    const { tableName = '' } = allEntities.find(({ meta }) => meta.className === name)?.meta ?? {};
    expect(page).toContain(`| \`${name}\` | \`${tableName}\` |`);
    const [row] = await em.execute<{ n: number }[]>(`select count(*) as n from \`${tableName}\``);
    expect(Number(row?.n), name).toBeGreaterThan(0);
  }
});

it('the original’s variables are ours, and the port is 8012', () => {
  const named = rowsOf('Environment').flatMap((cell) => cell.split(', '));
  expect(named.toSorted()).toEqual(
    'FINNHUB_API_KEY MYSQL_DB MYSQL_HOST MYSQL_PASSWORD MYSQL_PORT MYSQL_USER PORT PUBLIC_PRODUCT_API REDIS_DB REDIS_HOST REDIS_PORT'.split(
      ' ',
    ),
  );
  expect(Object.keys(variables)).toEqual(expect.arrayContaining(named));
  expect(variables.PORT.parse(undefined)).toBe(8_012);
});

it('all this leaves no key in Redis that docs/schema.md does not list, and one of every usual kind', async () => {
  expect((await read('/market/quote?symbol=ZZZNOTHING')).status).toBe(404);
  const { faults, seen } = await auditKeys(platform.redis);
  expect(faults).toEqual([]);
  const usual = redisKeys.filter(({ isRare }) => !isRare).map(({ key }) => key);
  expect([...seen]).toEqual(expect.arrayContaining(usual));
});
