import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebhookDelivery } from '../../src/entities/webhooks.entity.ts';
import { openWebhookApi, type WebhookApi } from '../support/api/webhooks.ts';
import { outOfOrder } from '../support/upstreams/webhook-receiver.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

const threeDaysMs = 3 * 24 * 3_600_000;

let path = '';
let id = '';
beforeEach(async () => {
  ({ path, id } = await at.newWebhook());
});
const em = () => at.api.ctx.orm.em.fork();
const waited = () => at.hooks.passWaits(id);

test('one event that is alone when it fails first keeps back no other subject either', async () => {
  const [bad, good] = [`${path}-bad`, `${path}-good`];
  at.receiver.behave(path, ({ subject }) => (subject === bad ? 500 : 204));
  // More of its subject than a round holds wait behind it.
  await at.hooks.publish(...Array.from({ length: 60 }, () => bad));
  await at.hooks.deliver(id);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 1, retryAt: expect.any(Date) });
  await at.hooks.publish(good, good);
  await waited();
  expect(await at.hooks.deliver(id)).toBe(2);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null, wakeAt: expect.any(Date) });
  at.receiver.behave(path, () => 204);
  await waited();
  expect(await at.hooks.deliver(id)).toBe(60);
  expect(outOfOrder(at.receiver.arrivals(path))).toEqual([]);
});

test('one event that fails beside others is not held against the endpoint when it fails alone', async () => {
  const [bad, good] = [`${path}-bad`, `${path}-good`];
  at.receiver.behave(path, ({ subject }) => (subject === bad ? 500 : 204));
  await at.hooks.publish(good, bad);
  expect(await at.hooks.deliver(id)).toBe(1);
  await waited();
  expect(await at.hooks.deliver(id)).toBe(0);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null, wakeAt: expect.any(Date) });
});

test('an endpoint that takes nothing is asked with each subject in turn, and left alone for longer by every failure', async () => {
  const [own, ...others] = Array.from({ length: 3 }, (_, index) => `${path}-${index}`);
  at.receiver.behave(path, ({ subject }) => (subject === own ? 500 : 204));
  await at.hooks.publish(own ?? '', ...others);
  await at.hooks.deliver(id);
  // The one that fails of its own is tried with the rest, and says nothing for the endpoint.
  at.receiver.behave(path, () => 500);
  await at.hooks.publish(...others);
  await waited();
  await at.hooks.deliver(id);
  for (const failures of [2, 3, 4, 5]) {
    await waited();
    await at.hooks.deliver(id);
    expect(await at.hooks.stored(id)).toMatchObject({ failures });
  }
  const tried = Map.groupBy(at.receiver.arrivals(path).slice(-3), ({ subject }) => subject);
  expect([...tried.keys()].toSorted()).toEqual([own, ...others]);
  expect(outOfOrder(at.receiver.arrivals(path))).toEqual([]);
});

test('what an endpoint has owed for three days pauses it, also when it is asked with something else', async () => {
  at.receiver.behave(path, () => 503);
  await at.hooks.publish(`${path}-a`);
  await at.hooks.deliver(id);
  await em().nativeUpdate(WebhookDelivery, { endpoint: id }, { failingSince: new Date(Date.now() - threeDaysMs) });
  await at.hooks.publish(`${path}-b`);
  await waited();
  await at.hooks.deliver(id);
  expect(at.receiver.arrivals(path).at(-1)).toMatchObject({ subject: `${path}-b` });
  expect(await at.hooks.stored(id)).toMatchObject({ status: 'paused', notice: expect.stringContaining('three days') });
});
