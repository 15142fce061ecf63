import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { StockQuote } from '../../src/entities/market.entity.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { crowdsWelcome, readByMany } from '../support/load/one-symbol.ts';

const Order = z.object({
  id: z.string(),
  status: z.string(),
  payment: z.object({ status: z.string(), failure_code: z.string().nullable() }),
});
const InEuros = z.looseObject({ id: z.string(), total_amount: z.number(), fx_rate: z.number() });
const Rates = z.object({ quote: z.looseObject({ EUR: z.number() }) });
const Quote = z.object({
  symbol: z.string(),
  c: z.number().positive(),
  d: z.number(),
  dp: z.number(),
  h: z.number(),
  l: z.number(),
  o: z.number(),
  pc: z.number(),
  t: z.int(),
  stale: z.literal(false),
});

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ apis: 2, env: crowdsWelcome });
});
afterAll(() => platform.stop());

const placeOrder = async (more = {}) => {
  const answer = await platform.send('POST', '/orders/', { user_id: 1, products: [1, 2], total_amount: 100, ...more });
  expect(answer.status).toBe(201);
  return Order.parse(await answer.json());
};
const endOf = (id: string, status: string) =>
  until(`order ${id} ${status}`, async () => {
    const order = Order.parse(await (await platform.send('GET', `/orders/${id}`)).json());
    return order.status === status ? order : undefined;
  });
const eventsOf = async (subject: string, stream = 'orders') =>
  (await readStream(platform.redis, stream)).filter((event) => event.subject === subject);

test("the original's order is pending when answered, then paid, and announced twice: created and paid, once each", async () => {
  const order = await placeOrder();
  expect(order.status).toBe('pending');
  expect((await endOf(order.id, 'paid')).payment.status).toBe('succeeded');

  const events = await until('two events', async () => {
    const some = await eventsOf(order.id);
    return some.length >= 2 ? some : undefined;
  });
  expect(events.map(({ type, version }) => `${version} ${type}`)).toEqual(['1 order.created', '2 order.paid']);
  const charges = (await platform.sandbox.ledger()).filter(({ order_id }) => order_id === order.id);
  expect(charges).toMatchObject([{ type: 'charge', amount: 10_000, currency: 'usd' }]);
});

test('a refused card ends the order as payment_failed with the code, and nothing is charged', async () => {
  const order = await placeOrder({ payment_method: 'pm_card_chargeDeclinedInsufficientFunds' });
  expect((await endOf(order.id, 'payment_failed')).payment).toEqual(
    expect.objectContaining({ status: 'failed', failure_code: 'insufficient_funds' }),
  );
  const types = await until('two events', async () => {
    const some = (await eventsOf(order.id)).map(({ type }) => type);
    return some.length >= 2 ? some : undefined;
  });
  expect(types).toEqual(['order.created', 'order.payment_failed']);
  expect((await platform.sandbox.ledger()).filter(({ order_id }) => order_id === order.id)).toEqual([]);
});

test('2,000 readers of an unseen symbol over two APIs cause one call, one row and one event', async () => {
  const { answers, ...caused } = await readByMany(platform, 'MSFT', 2_000);
  expect(caused).toEqual({ calls: 1, rows: 1, events: 1 });
  expect(answers).toEqual([expect.stringMatching(/^200 {"symbol":"MSFT"/)]);
  expect(Quote.parse(JSON.parse(answers.join().slice('200 '.length))).symbol).toBe('MSFT');
  const [event] = await eventsOf('MSFT', 'market');
  expect(event).toMatchObject({ type: 'quote.updated', version: '1' });
});

test('an unknown symbol costs one quote and one search, is remembered, and is never stored', async () => {
  for (const _ of [1, 2]) {
    const answer = await fetch(`${platform.url}/market/quote?symbol=ZZZNOTHING`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'unknown_symbol' });
  }
  const calls = (await platform.sandbox.arrivals('finnhub')).filter(({ path }) => path.includes('ZZZNOTHING'));
  expect(calls.map(({ path }) => path.split('?')[0])).toEqual(['/api/v1/quote', '/api/v1/search']);
  expect(await platform.orm.em.fork().count(StockQuote, { symbol: 'ZZZNOTHING' })).toBe(0);
});

test('rates are stored from the first start on: an order in euros is converted, charged in euros, and nobody asked for rates', async () => {
  const answer = await until('a rate is stored', async () => {
    const placed = await platform.send('POST', '/orders', { products: [1, 2], currency: 'EUR' });
    return placed.status === 201 ? placed : undefined;
  });
  const order = InEuros.parse(await answer.json());
  expect(order).toMatchObject({ currency: 'EUR', fx_source: 'ecb' });
  await endOf(order.id, 'paid');
  const charges = (await platform.sandbox.ledger()).filter(({ order_id }) => order_id === order.id);
  expect(charges).toMatchObject([{ amount: Math.round(order.total_amount * 100), currency: 'eur' }]);

  // The rate that everyone sees is the one that was charged.
  const forex = await fetch(`${platform.url}/market/forex?base=USD`, { headers: { prefer: 'wait=10' } });
  expect(Rates.parse(await forex.json()).quote.EUR).toBe(order.fx_rate);
});
