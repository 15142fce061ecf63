import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebhookCursor, WebhookDelivery, WebhookEndpoint } from '../../src/entities/webhooks.entity.ts';
import { insertRows } from '../../src/mysql/rows.ts';
import { lookForWork, routeEvents } from '../../src/webhooks/route-events.ts';
import { goOn, tellWebhooks } from '../../src/workers/tell-webhooks.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { webhooksOf } from '../support/api/webhooks.ts';
import { publishOrders } from '../support/load/publish-orders.ts';
import { queriesOf } from '../support/stores/statements.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const look = () => lookForWork(em());
const routeAll = async () => {
  for (let left = await look(); left.written > left.routed; left = await look()) await routeEvents(api.ctx, left);
};
const publish = async (events: number) => {
  await publishOrders(api.ctx.orm, { events, orders: 7, userId: 1 });
  await api.ctx.events.relay.announce();
};

test('nothing is written down while nobody asks to be told, and what was before is told to nobody', async () => {
  await publish(3);
  // Also what nobody has gone through yet.
  const { id } = await webhooksOf(api).create({ url: 'https://shop.example.com/hook' });
  await routeAll();
  expect(await em().count(WebhookDelivery, {})).toBe(0);
  await publish(2);
  await routeAll();
  expect(await em().count(WebhookDelivery, { endpoint: id })).toBe(2);
});

test('any number of processes at once write down each event once, and none is missed', async () => {
  const { id } = await webhooksOf(api).create({ url: 'https://shop.example.com/hook' });
  await publish(1_200);
  await Promise.all([routeAll(), routeAll(), routeAll(), routeAll()]);
  const rows = await em().find(WebhookDelivery, { endpoint: id }, { orderBy: { position: 'asc' } });
  expect(rows).toHaveLength(1_200);
  const [cursor] = await em().find(WebhookCursor, {});
  expect(cursor?.position).toBe(rows.at(-1)?.position);
});

test('a process that looked before others wrote down, and goes on after, has nothing told again', async () => {
  const { id } = await webhooksOf(api).create({ url: 'https://shop.example.com/hook' });
  const before = await look();
  await publish(2);
  const old = await look();
  await routeAll();
  await em().nativeUpdate(WebhookDelivery, { endpoint: id }, { state: 'delivered' });
  for (const stale of [old, before]) await routeEvents(api.ctx, { ...stale, hasEndpoints: true });
  expect(await em().count(WebhookDelivery, { endpoint: id, state: 'delivered' })).toBe(2);
});

test('with ten thousand endpoints an event costs a few statements, and as many rows as are told', async () => {
  const row = { scope: 'own' as const, url: 'https://shop.example.com/hook', types: '[]', symbols: '[]' };
  const rows = Array.from({ length: 10_000 }, (_, index) => {
    const id = randomUUIDv7();
    return { ...row, id, userId: index === 0 ? 1 : 2, secret: 'whsec_YQ==', createdAt: new Date() };
  });
  for (let from = 0; from < rows.length; from += 1_000)
    await insertRows(em(), WebhookEndpoint, rows.slice(from, from + 1_000));
  await publish(1);
  const before = await em().count(WebhookDelivery, {});
  const { written } = await look();
  // Reading what there is, moving the cursor on, and writing down what is told: not one statement an endpoint.
  expect((await queriesOf(() => routeAll())).length).toBeLessThan(12);
  // Of the three tests before, and of this one.
  expect(await em().count(WebhookDelivery, { position: written })).toBe(4);
  expect((await em().count(WebhookDelivery, {})) - before).toBe(4);
});

test('a webhook that is made while others are told is told of nothing that was before it either', async () => {
  const hooks = webhooksOf(api);
  const told = (id: string) => em().count(WebhookDelivery, { endpoint: id });
  const first = await hooks.create({ url: 'https://shop.example.com/hook' });
  await publish(3);
  // Nobody has gone through them yet.
  const second = await hooks.create({ url: 'https://shop.example.com/hook' });
  await routeAll();
  expect([await told(first.id), await told(second.id)]).toEqual([3, 0]);
  await publish(2);
  await routeAll();
  expect([await told(first.id), await told(second.id)]).toEqual([5, 2]);
});

test('each that something is due for gets a job, once for all processes that look', async () => {
  await em().nativeUpdate(WebhookEndpoint, {}, { wakeAt: null });
  const { id } = await webhooksOf(api).create({ url: 'https://shop.example.com/hook', types: ['order.refunded'] });
  const due = new Date(Date.now() - 1_000);
  await webhooksOf(api).set(id, { wakeAt: due });
  const asked: unknown[] = [];
  const jobs = { ...api.ctx.jobs, enqueueAll: async (some: readonly object[]) => void asked.push(...some) };
  const looked = await Promise.all(Array.from({ length: 4 }, () => goOn({ ...api.ctx, jobs })));
  expect(looked).toContain('busy');
  expect(asked).toMatchObject([{ payload: { webhook_id: id } }]);
  expect(await goOn({ ...api.ctx, jobs })).toBe('idle');
  await em().nativeDelete(WebhookEndpoint, {});
  expect(await goOn({ ...api.ctx, jobs })).toBe('unasked');
});

test('however long the queue stands still, one job waits for an endpoint', async () => {
  const { id } = await webhooksOf(api).create({ url: 'https://shop.example.com/hook' });
  const queue = api.ctx.jobs.queues.get('webhooks');
  await queue?.pause();
  await queue?.drain();
  for (const _ of ['once', 'twice', 'thrice']) {
    await webhooksOf(api).set(id, { wakeAt: new Date(Date.now() - 60_000) });
    expect(await goOn(api.ctx)).toBe('busy');
    expect(await queue?.count()).toBe(1);
  }
  // As when Redis has lost it.
  await queue?.drain();
  await webhooksOf(api).set(id, { wakeAt: new Date(Date.now() - 60_000) });
  await goOn(api.ctx);
  expect(await queue?.count()).toBe(1);
});

test('where nobody has a webhook, a worker looks for their work once in five seconds, and by one statement', async () => {
  await em().nativeDelete(WebhookEndpoint, {});
  await routeAll();
  const stopping = new AbortController();
  const asked = await queriesOf(async () => {
    const telling = tellWebhooks(api.ctx, stopping.signal);
    // The server's own seconds: a slow machine looks less often in them, never more.
    await em().execute('/* of the test */ select sleep(6)');
    stopping.abort();
    await telling;
  });
  const looks = asked.filter((query) => query.includes('as routed'));
  expect(looks.length).toBeGreaterThan(0);
  // With a look a second, half of that more or less by chance, it would be five at the least.
  expect(looks.length).toBeLessThan(4);
  // Relays ask for what is theirs besides.
  expect(asked.filter((query) => query.includes('webhook'))).toEqual(looks);
});
