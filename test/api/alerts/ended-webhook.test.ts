import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { WebhookDelivery, WebhookEndpoint } from '../../../src/entities/webhooks.entity.ts';
import { lookForWork, routeEvents } from '../../../src/webhooks/route-events.ts';
import { newPerson, type Person } from '../../support/api/accounts.ts';
import { alertsOf, madeOf, openAlertApi } from '../../support/api/alerts.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import type { TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
let alerts: Awaited<ReturnType<typeof alertsOf>>;
beforeAll(async () => {
  api = await openAlertApi();
  alerts = await alertsOf(api);
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const url = 'https://shop.example.com/hook';
const hook = async (person: Person, body: object) =>
  z.object({ id: z.string() }).parse(await madeOf(await person.send('POST', '/webhooks', { url, ...body }))).id;
const firesTo = async (endpoint: string) => {
  await routeEvents(api.ctx, await lookForWork(em()));
  return em().count(WebhookDelivery, { endpoint, type: 'alert.fired' });
};

test('an alert whose webhook is deleted says so, and tells each that takes it', async () => {
  const person = await newPerson(api);
  const [named, other] = [await hook(person, {}), await hook(person, { types: ['alert.fired'] })];
  const { id, webhook } = await alerts.make({ symbol: 'AMD', above: 1, webhook: named }, person);
  const kept = await alerts.make({ symbol: 'AMD', above: 1, webhook: other }, person);
  expect(webhook).toBe(named);
  expect((await person.send('DELETE', `/webhooks/${named}`)).status).toBe(204);
  expect((await alerts.look(id, person)).webhook).toBeNull();
  expect((await alerts.look(kept.id, person)).webhook).toBe(other);
  await alerts.prices('AMD', 2);
  expect([await firesTo(named), await firesTo(other)]).toEqual([0, 2]);
});

test('so does one whose webhook is of everybody’s events when its owner administers no more', async () => {
  const person = await newPerson(api, 'admin');
  const [all, own] = [
    await hook(person, { scope: 'all', types: ['order.paid'] }),
    await hook(person, { types: ['alert.fired'] }),
  ];
  const { id } = await alerts.make({ symbol: 'IBM', above: 1, webhook: all }, person);
  const demoted = await api.send('PATCH', `/users/${person.id}`, { as: 'admin', body: { role: 'operator' } });
  expect(demoted.status).toBe(200);
  expect((await alerts.look(id, person)).webhook).toBeNull();
  await alerts.prices('IBM', 2);
  expect([await firesTo(all), await firesTo(own)]).toEqual([0, 1]);
  // Nor can it be named from then on.
  const renamed = await person.send('POST', '/market/alerts', { symbol: 'IBM', above: 1, webhook: all });
  expect([renamed.status, (await problemOf(renamed)).errors]).toMatchObject([422, [{ pointer: '/webhook' }]]);
});

test('what fires for one that is gone, and is still named, is told to each that takes it', async () => {
  const person = await newPerson(api);
  const [named, other] = [await hook(person, {}), await hook(person, { types: ['alert.fired'] })];
  await alerts.make({ symbol: 'NVDA', above: 1, webhook: named }, person);
  // As the release before deletes it.
  await em().nativeUpdate(WebhookEndpoint, { id: named }, { deletedAt: new Date() });
  await alerts.prices('NVDA', 2);
  expect([await firesTo(named), await firesTo(other)]).toEqual([0, 1]);
});
