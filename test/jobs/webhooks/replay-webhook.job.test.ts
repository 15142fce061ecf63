import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayWebhook } from '../../../src/jobs/webhooks/replay-webhook.job.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openWebhookApi, type WebhookApi } from '../../support/api/webhooks.ts';
import { outOfOrder } from '../../support/upstreams/webhook-receiver.ts';
import { lookForWork, routeEvents } from '../../../src/webhooks/route-events.ts';
import { positionBefore } from '../../../src/webhooks/replay.ts';
import { EventLog, OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { publishOrders } from '../../support/load/publish-orders.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

/** Goes through all that is written. */
async function routeAll(): Promise<void> {
  for (;;) {
    const look = await lookForWork(at.api.ctx.orm.em.fork());
    if (look.written <= look.routed) return;
    await routeEvents(at.api.ctx, look);
  }
}
const log = () => at.api.ctx.orm.em.fork().find(EventLog, {}, { orderBy: { position: 'asc' } });

test('it sends again what is in the stretch and for the webhook, with its ids and in order; twice, once more', async () => {
  await at.hooks.publish('a', 'b', 'a', 'b');
  // What was before there was a webhook can be asked for, too.
  const { id } = await at.hooks.create({ url: at.receiver.urlOf('/again') });
  const other = await at.hooks.create({ url: at.receiver.urlOf('/other'), types: ['order.refunded'] });
  const events = await log();
  const [first, , third] = events.map(({ position }) => position ?? 0);
  const stretch = { after: (first ?? 0) - 1, until: third ?? 0 };
  for (const _ of ['once', 'twice']) {
    expect(await performJob(replayWebhook, { webhook_id: id, ...stretch }, at.api.ctx)).toEqual({ is_last: true });
    expect(await at.hooks.deliver(id)).toBe(3);
  }
  const told = at.receiver.arrivals('/again').map((one) => one.id);
  const ids = events.slice(0, 3).map((one) => one.id);
  expect(told.slice(0, 3).toSorted()).toEqual(ids.toSorted());
  expect(told.slice(3).toSorted()).toEqual(ids.toSorted());
  await performJob(replayWebhook, { webhook_id: other.id, ...stretch }, at.api.ctx);
  expect(await at.hooks.deliver(other.id)).toBe(0);
});

test('a long stretch is gone on with by another job, asked for by the same transaction', async () => {
  const { id } = await at.hooks.create({ url: at.receiver.urlOf('/long') });
  const { position: before } = (await log()).at(-1) ?? {};
  await publishOrders(at.api.ctx.orm, { events: 1_500, orders: 10, userId: 1 });
  await at.api.ctx.events.relay.announce();
  await routeAll();
  const last = (await log()).at(-1)?.position ?? 0;
  const asked: unknown[] = [];
  const ctx = {
    ...at.api.ctx,
    transaction: async <T>(work: Parameters<typeof at.api.ctx.transaction<T>>[0]) =>
      at.api.ctx.transaction((tx, after) =>
        work(tx, { ...after, enqueue: (_job, payload) => (asked.push(payload), 'none') }),
      ),
  };
  const payload = { webhook_id: id, after: before ?? 0, until: last };
  expect(await performJob(replayWebhook, payload, ctx)).toEqual({ is_last: false });
  expect(asked).toEqual([{ ...payload, after: (before ?? 0) + 1_000 }]);
  expect(await performJob(replayWebhook, { ...payload, after: (before ?? 0) + 1_000 }, ctx)).toEqual({ is_last: true });
  expect(asked).toHaveLength(1);
  const { data } = await at.hooks.deliveries(id, '?state=waiting&limit=100');
  expect(data).toHaveLength(100);
  expect(await at.api.ctx.orm.em.fork().count(OutboxMessage, { name: replayWebhook.kind })).toBe(0);
});

test('what nobody has gone through yet is left to its turn, for what comes before it comes first', async () => {
  const { id } = await at.hooks.create({ url: at.receiver.urlOf('/early') });
  await at.hooks.publish('before');
  await publishOrders(at.api.ctx.orm, { events: 4, orders: 1, userId: 1 });
  await at.api.ctx.events.relay.announce();
  const last = (await log()).at(-1)?.position ?? 0;
  await performJob(replayWebhook, { webhook_id: id, after: last - 1, until: last }, at.api.ctx);
  expect(await at.hooks.deliver(id)).toBe(1);
  await at.hooks.publish('after');
  expect(await at.hooks.deliver(id)).toBe(5);
  expect(outOfOrder(at.receiver.arrivals('/early'))).toEqual([]);
});

test('a moment is found in the log by halving, over what has been deleted', async () => {
  const events = await log();
  await at.api.ctx.orm.em.fork().nativeDelete(EventLog, { position: { $in: [2, 3, 7] } });
  for (const { position, entryMs } of events.slice(0, 12)) {
    const earlier = events.filter((one) => (one.entryMs ?? 0) < (entryMs ?? 0)).map((one) => one.position ?? 0);
    const kept = earlier.filter((one) => ![2, 3, 7].includes(one));
    const found = await positionBefore(at.api.ctx.orm.em.fork(), new Date(entryMs ?? 0));
    expect(
      kept.filter((one) => one > found),
      String(position),
    ).toEqual([]);
    expect(found).toBeLessThan(position ?? 0);
  }
  expect(await positionBefore(at.api.ctx.orm.em.fork(), new Date(0))).toBe(0);
  expect(await positionBefore(at.api.ctx.orm.em.fork(), new Date(Date.now() + 1_000))).toBe(events.at(-1)?.position);
});
