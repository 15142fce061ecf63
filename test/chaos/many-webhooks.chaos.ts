import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebhookEndpoint } from '../../src/entities/webhooks.entity.ts';
import { newSecret } from '../../src/webhooks/sign.ts';
import { adminId } from '../support/api/accounts.ts';
import { publishOrders } from '../support/load/publish-orders.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { outOfOrder, type Receiver, startReceiver } from '../support/upstreams/webhook-receiver.ts';

let platform: Platform;
let receiver: Receiver;
beforeAll(async () => {
  [platform, receiver] = await Promise.all([startPlatform({ workers: 2 }), startReceiver()]);
});
afterAll(async () => {
  await platform.stop();
  await receiver.close();
});

const endpoints = Number(process.env['WEBHOOK_ENDPOINTS'] ?? 10_000);
const events = 2;
// A busy machine of two cores took four minutes for three thousand.
const withinMs = 900_000;

test(`${endpoints} endpoints, ten of which answer nothing: all others are told everything meanwhile`, {
  timeout: 2 * withinMs,
}, async () => {
  const paths = Array.from({ length: endpoints }, (_, index) => `/many-${index}`);
  const silent = new Set(paths.filter((_, index) => index % (endpoints / 10) === 0));
  for (const path of silent) receiver.behave(path, () => 'hang');
  const ids = await insertEndpoints(paths);
  await publishOrders(platform.orm, { events, orders: 1, userId: adminId });
  const { taken } = receiver;
  const others = paths.filter((path) => !silent.has(path));
  await until(
    'all others have everything',
    () => (others.every((path) => taken(path) === events) ? true : undefined),
    withinMs,
  );
  for (const path of others) expect(outOfOrder(receiver.arrivals(path)), path).toEqual([]);

  // What the silent ones have cost: a try now and then, and of those that were begun none has ended well.
  const tries = [...silent].map((path) => receiver.arrivals(path).length);
  expect([...silent].map(taken)).toEqual(tries.map(() => 0));
  for (const count of tries) expect(count).toBeLessThan(30);
  const repeats = others.reduce((sum, path) => sum + receiver.arrivals(path).length, 0) - others.length * events;
  process.stdout.write(`${endpoints} endpoints: ${repeats} repeats, tries of the silent ${tries.join(' ')}\n`);

  for (const path of silent) {
    receiver.behave(path, () => 204);
    await platform.send('PATCH', `/webhooks/${ids.get(path)}`, { status: 'active' }, 'admin');
  }
  const all = () => ([...silent].every((path) => taken(path) === events) ? true : undefined);
  await until('the silent have everything', all, withinMs);
  for (const path of silent) expect(outOfOrder(receiver.arrivals(path)), path).toEqual([]);
});

/** More than anybody may make by the API in a minute. */
async function insertEndpoints(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = paths.map((path) => ({
    id: randomUUIDv7(),
    userId: adminId,
    scope: 'own' as const,
    url: receiver.urlOf(path),
    types: '["order.paid"]',
    symbols: '[]',
    secret: newSecret(),
    createdAt: new Date(),
  }));
  for (let from = 0; from < rows.length; from += 1_000)
    await platform.orm.em.fork().insertMany(WebhookEndpoint, rows.slice(from, from + 1_000));
  return new Map(rows.map(({ id }, index) => [paths[index] ?? '', id]));
}
