import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebhookDelivery, WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { pruneWebhooks } from '../../../src/jobs/webhooks/prune-webhooks.job.ts';
import { insertRows } from '../../../src/mysql/rows.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { webhooksOf } from '../../support/api/webhooks.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000);
const em = () => api.ctx.orm.em.fork();
const prune = () => performJob(pruneWebhooks, {}, api.ctx);
const left = async (id: string) => (await webhooksOf(api).deliveries(id)).data.length;

test('what was taken a week ago goes; what waits stays, unless its webhook has been paused for a month', async () => {
  const hooks = webhooksOf(api);
  const { id } = await hooks.create({ url: 'https://shop.example.com/hook' });
  await hooks.publish('a', 'b', 'c');
  const at = async (index: number, fields: object) => {
    const event = (await hooks.deliveries(id)).data[index]?.event_id ?? '';
    await em().nativeUpdate(WebhookDelivery, { endpoint: id, eventId: event }, fields);
  };
  await at(0, { state: 'delivered', endedAt: daysAgo(6) });
  await at(1, { state: 'delivered', endedAt: daysAgo(8) });
  await at(2, { createdAt: daysAgo(100) });
  expect(await prune()).toEqual({ deleted: 1 });
  expect(await left(id)).toBe(2);
  await hooks.set(id, { status: 'paused', pausedAt: daysAgo(29) });
  expect(await prune()).toEqual({ deleted: 0 });
  await hooks.set(id, { pausedAt: daysAgo(31) });
  expect(await prune()).toEqual({ deleted: 2 });
  expect(await em().count(WebhookEndpoint, { id })).toBe(1);
  await hooks.set(id, { status: 'active', pausedAt: null });
});

test('what waits for a paused webhook goes, however many others have been paused for as long', async () => {
  const row = { userId: 1, scope: 'own' as const, url: 'https://shop.example.com/hook', types: '[]', symbols: '[]' };
  const paused = { status: 'paused' as const, pausedAt: daysAgo(31), secret: 'whsec_YQ==', createdAt: daysAgo(40) };
  const ids = Array.from({ length: 1_100 }, () => randomUUIDv7());
  await insertRows(
    em(),
    WebhookEndpoint,
    ids.map((id) => ({ ...row, ...paused, id })),
  );
  const event = { position: 1, eventId: randomUUIDv7(), type: 'order.paid', subject: 'a', createdAt: daysAgo(40) };
  await insertRows(
    em(),
    WebhookDelivery,
    ids.map((endpoint) => ({ ...event, endpoint })),
  );
  expect(await prune()).toEqual({ deleted: 1_100 });
  await em().nativeDelete(WebhookEndpoint, { id: { $in: ids } });
});

test('a webhook that goes on while what waited for it is deleted keeps what is left by then', async () => {
  const hooks = webhooksOf(api);
  const { id } = await hooks.create({ url: 'https://shop.example.com/hook' });
  const event = { endpoint: id, type: 'order.paid', subject: 'a', createdAt: daysAgo(40) };
  const events = Array.from({ length: 1_500 }, (_, index) => ({
    ...event,
    position: index + 1,
    eventId: randomUUIDv7(),
  }));
  await insertRows(em(), WebhookDelivery, events);
  await hooks.set(id, { status: 'paused', pausedAt: daysAgo(31) });
  const waiting = () => em().count(WebhookDelivery, { endpoint: id });
  const transaction: typeof api.ctx.transaction = async (work) => {
    if ((await waiting()) === 500) {
      const goesOn = { as: 'demo', body: { status: 'active' } } as const;
      expect((await api.send('PATCH', `/webhooks/${id}`, goesOn)).status).toBe(200);
    }
    return api.ctx.transaction(work);
  };
  expect(await performJob(pruneWebhooks, {}, { ...api.ctx, transaction })).toEqual({ deleted: 1_000 });
  expect(await waiting()).toBe(500);
  await em().nativeDelete(WebhookDelivery, { endpoint: id });
  await em().nativeDelete(WebhookEndpoint, { id });
});

test('a webhook that is deleted, or whose owner is, goes with all that was to be told', async () => {
  const hooks = webhooksOf(api);
  const { id } = await hooks.create({ url: 'https://shop.example.com/hook' });
  await hooks.publish('a');
  expect((await api.send('DELETE', `/webhooks/${id}`, { as: 'demo' })).status).toBe(204);
  expect(await prune()).toEqual({ deleted: 2 });
  const orphan = await hooks.create({ url: 'https://shop.example.com/hook' });
  expect((await api.send('DELETE', '/users/1', { as: 'admin' })).status).toBe(204);
  expect(await hooks.stored(orphan.id)).toMatchObject({ deletedAt: expect.any(Date) });
  // The webhook of before, what it was to be told, and this one.
  expect(await prune()).toEqual({ deleted: 3 });
  expect(await prune()).toEqual({ deleted: 0 });
});
