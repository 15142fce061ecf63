import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { statusOf } from './shopping.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.stop());

const Order = z.looseObject({ id: z.string(), total_amount: z.number(), fx_rate: z.number() });
const Rates = z.object({ quote: z.looseObject({ EUR: z.number() }) });

test('rates are stored from the first start on: an order in euros is converted, charged in euros, and nobody asked for rates', async () => {
  const answer = await until('a rate is stored', 15_000, async () => {
    const placed = await platform.send('POST', '/orders', { products: [1, 2], currency: 'EUR' });
    return placed.status === 201 ? placed : undefined;
  });
  const order = Order.parse(await answer.json());
  expect(order).toMatchObject({ currency: 'EUR', fx_source: 'ecb' });
  await until('it is paid', 10_000, async () => ((await statusOf(platform, order.id)) === 'paid' ? true : undefined));
  const charges = (await platform.sandbox.ledger()).filter(({ order_id }) => order_id === order.id);
  expect(charges).toMatchObject([{ amount: Math.round(order.total_amount * 100), currency: 'eur' }]);

  // The rate that everyone sees is the one that was charged.
  const forex = await fetch(`${platform.url}/market/forex?base=USD`, { headers: { prefer: 'wait=10' } });
  expect(Rates.parse(await forex.json()).quote.EUR).toBe(order.fx_rate);
}, 40_000);
