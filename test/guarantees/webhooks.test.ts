import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readStream } from '../support/stores/stream-entries.ts';
import { placeOrder } from '../support/load/place-order.ts';
import { publishOrders } from '../support/load/publish-orders.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { outOfOrder, type Receiver, startReceiver, verified } from '../support/upstreams/webhook-receiver.ts';

let platform: Platform;
let receiver: Receiver;
beforeAll(async () => {
  [platform, receiver] = await Promise.all([startPlatform({ workers: 2, ownRedis: true }), startReceiver()]);
});
afterAll(async () => {
  await platform.stop();
  await receiver.close();
});

const Created = z.object({ id: z.string(), secret: z.string() });
const Shown = z.object({ status: z.string(), failures: z.int(), notice: z.string().nullable() });

async function createWebhook(path: string, about: object = {}, account: 'demo' | 'admin' = 'demo') {
  const answer = await platform.send('POST', '/webhooks', { url: receiver.urlOf(path), ...about }, account);
  expect(answer.status).toBe(201);
  return Created.parse(await answer.json());
}

test('an order is told from its beginning to its end, signed, in the bytes that followers of the stream get', async () => {
  const { secret } = await createWebhook('/first', { types: ['order.created', 'order.paid'] });
  const order = await placeOrder(platform);
  const told = await until('both events', () => {
    const arrivals = receiver.arrivals('/first').filter(({ subject }) => subject === order);
    return arrivals.length >= 2 ? arrivals : undefined;
  });
  expect(told.map(({ type }) => type)).toEqual(['order.created', 'order.paid']);
  for (const arrival of told) {
    expect(verified(arrival, secret)).toMatchObject({ subject: order });
    expect(arrival.headers['webhook-id']).toBe(arrival.id);
  }
  const entries = (await readStream(platform.redis, 'orders')).filter(({ subject }) => subject === order);
  expect(told.map(({ body }) => body)).toEqual(entries.map(({ json }) => json));
});
