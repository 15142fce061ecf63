import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openEventClient } from '../support/api/event-client.ts';
import { placeOrder } from '../support/load/place-order.ts';
import { publishOrders } from '../support/load/publish-orders.ts';
import { logIn, type Platform, startPlatform } from '../support/processes/platform.ts';
import { patienceMs, until } from '../support/processes/process.ts';
import { outOfOrder, type Receiver, startReceiver, verified } from '../support/upstreams/webhook-receiver.ts';

let platform: Platform;
let receiver: Receiver;
beforeAll(async () => {
  [platform, receiver] = await Promise.all([
    startPlatform({ workers: 2, ownRedis: true, env: { WORKER_CONCURRENCY_WEBHOOKS: '10' } }),
    startReceiver(),
  ]);
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
  const authorization = `Bearer ${await logIn(platform.url, 'demo')}`;
  const follower = openEventClient(`${platform.url}/streams/orders`, { authorization });
  await follower.connect();
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
  expect(told.map(({ body }) => body)).toEqual((await follower.have(2)).map(({ data }) => data));
  await follower.disconnect();
});

// Ten thousand in `npm run chaos`.
const events = Number(process.env['WEBHOOK_EVENTS'] ?? 120);
const withinMs = Number(process.env['WEBHOOKS_WITHIN_MS'] ?? patienceMs);
const orders = 20;
const well = Array.from({ length: 14 }, (_, index) => `/well-${index}`);
const slow = ['/slow-0', '/slow-1'];
const failing = ['/failing-0', '/failing-1'];
const [down, dead] = ['/down', '/dead'];

test(`${events} events to 20 endpoints: workers killed, Redis emptied, endpoints dead, down, slow, answering 500`, async () => {
  const hooks = new Map<string, string>();
  for (const path of [...well, ...slow, ...failing, down, dead]) hooks.set(path, (await createWebhook(path)).id);
  for (const path of slow) receiver.behave(path, () => sleep(20, 204));
  for (const path of failing) receiver.behave(path, () => (receiver.arrivals(path).length % 50 === 7 ? 500 : 204));
  receiver.behave(down, () => 'cut');
  receiver.behave(dead, () => 'hang');

  await publishOrders(platform.orm, { events, orders, userId: 1 });
  const living = [...well, ...slow, ...failing];
  const { taken } = receiver;
  const share = () => living.reduce((sum, path) => sum + taken(path), 0) / (living.length * events);
  const told = () => living.map((path) => `${path} ${taken(path)}`).join(', ');
  const passes = (part: number) =>
    until(
      () => `${part} of all, but ${told()}`,
      () => (share() >= part ? true : undefined),
      withinMs,
    );
  const killed = async () => {
    await platform.workers.shift()?.signal('SIGKILL');
    await platform.startWorker();
  };
  await passes(0.1);
  await killed();
  await passes(0.3);
  await platform.redis.flushall();
  await passes(0.5);
  await killed();
  await passes(1);

  // All that the dead one has cost: some tries, while the others were told everything.
  const tried = [down, dead].map((path) => receiver.arrivals(path).length);
  expect([taken(down), taken(dead)]).toEqual([0, 0]);
  for (const count of tried) expect(count).toBeLessThan(30);

  receiver.behave(down, () => 204);
  const resumed = await platform.send('PATCH', `/webhooks/${hooks.get(down)}`, { status: 'active' });
  expect(Shown.parse(await resumed.json())).toEqual({ status: 'active', failures: 0, notice: null });
  await until('the one that was down has all', () => (taken(down) === events ? true : undefined), withinMs);
  for (const path of [...living, down]) expect(outOfOrder(receiver.arrivals(path)), path).toEqual([]);
  const all = [...living, down].map((path) => receiver.arrivals(path).length);
  const repeats = all.reduce((sum, count) => sum + count, 0) - all.length * events;
  process.stdout.write(
    `${events} events to ${all.length} endpoints: ${repeats} repeats, tries of down and dead ${tried.join(' ')}\n`,
  );
});
