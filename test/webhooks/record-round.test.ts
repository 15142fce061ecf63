import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebhookDelivery } from '../../src/entities/webhooks.entity.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { webhooksOf } from '../support/api/webhooks.ts';
import { outOfOrder, type Receiver, startReceiver } from '../support/upstreams/webhook-receiver.ts';

let api: TestApi;
let receiver: Receiver;
let hooks: ReturnType<typeof webhooksOf>;
beforeAll(async () => {
  [api, receiver] = await Promise.all([openTestApi(), startReceiver()]);
  hooks = webhooksOf(api);
});
afterAll(async () => {
  await receiver.close();
  await api.close();
});

const threeDaysMs = 3 * 24 * 3_600_000;

let path = '';
let id = '';
let count = 0;
beforeEach(async () => {
  path = `/hook-${(count += 1)}`;
  ({ id } = await hooks.create({ url: receiver.urlOf(path) }));
});
const em = () => api.ctx.orm.em.fork();
/** Lets the time of every wait be over. */
const waited = async () => {
  await hooks.set(id, { retryAt: null });
  await em().nativeUpdate(WebhookDelivery, { endpoint: id, state: 'retrying' }, { dueAt: null });
};

test('one event that is alone when it fails first keeps back no other subject either', async () => {
  const [bad, good] = [`${path}-bad`, `${path}-good`];
  receiver.behave(path, ({ subject }) => (subject === bad ? 500 : 204));
  // More of its subject than a round holds wait behind it.
  await hooks.publish(...Array.from({ length: 60 }, () => bad));
  await hooks.deliver(id);
  expect(await hooks.stored(id)).toMatchObject({ failures: 1, retryAt: expect.any(Date) });
  await hooks.publish(good, good);
  await waited();
  expect(await hooks.deliver(id)).toBe(2);
  expect(await hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null, wakeAt: expect.any(Date) });
  receiver.behave(path, () => 204);
  await waited();
  expect(await hooks.deliver(id)).toBe(60);
  expect(outOfOrder(receiver.arrivals(path))).toEqual([]);
});

test('one event that fails beside others is not held against the endpoint when it fails alone', async () => {
  const [bad, good] = [`${path}-bad`, `${path}-good`];
  receiver.behave(path, ({ subject }) => (subject === bad ? 500 : 204));
  await hooks.publish(good, bad);
  expect(await hooks.deliver(id)).toBe(1);
  await waited();
  expect(await hooks.deliver(id)).toBe(0);
  expect(await hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null, wakeAt: expect.any(Date) });
});

test('an endpoint that takes nothing is asked with each subject in turn, and left alone for longer by every failure', async () => {
  const [own, ...others] = Array.from({ length: 3 }, (_, index) => `${path}-${index}`);
  receiver.behave(path, ({ subject }) => (subject === own ? 500 : 204));
  await hooks.publish(own ?? '', ...others);
  await hooks.deliver(id);
  // The one that fails of its own is tried with the rest, and says nothing for the endpoint.
  receiver.behave(path, () => 500);
  await hooks.publish(...others);
  await waited();
  await hooks.deliver(id);
  for (const failures of [2, 3, 4, 5]) {
    await waited();
    await hooks.deliver(id);
    expect(await hooks.stored(id)).toMatchObject({ failures });
  }
  const tried = Map.groupBy(receiver.arrivals(path).slice(-3), ({ subject }) => subject);
  expect([...tried.keys()].toSorted()).toEqual([own, ...others]);
  expect(outOfOrder(receiver.arrivals(path))).toEqual([]);
});

test('what an endpoint has owed for three days pauses it, also when it is asked with something else', async () => {
  receiver.behave(path, () => 503);
  await hooks.publish(`${path}-a`);
  await hooks.deliver(id);
  await em().nativeUpdate(WebhookDelivery, { endpoint: id }, { failingSince: new Date(Date.now() - threeDaysMs) });
  await hooks.publish(`${path}-b`);
  await waited();
  await hooks.deliver(id);
  expect(receiver.arrivals(path).at(-1)).toMatchObject({ subject: `${path}-b` });
  expect(await hooks.stored(id)).toMatchObject({ status: 'paused', notice: expect.stringContaining('three days') });
});
