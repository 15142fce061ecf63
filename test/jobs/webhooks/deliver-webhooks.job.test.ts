import { afterAll, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { WebhookDelivery } from '../../../src/entities/webhooks.entity.ts';
import { deliverWebhooks } from '../../../src/jobs/webhooks/deliver-webhooks.job.ts';
import { claim, findDue, release } from '../../../src/webhooks/claim.ts';
import { pause } from '../../../src/webhooks/pause.ts';
import { presentOf } from '../../../src/mysql/present.ts';
import { newPerson } from '../../support/api/accounts.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openWebhookApi, type WebhookApi } from '../../support/api/webhooks.ts';
import { patienceMs } from '../../support/processes/process.ts';
import { standStill } from '../../support/processes/stand-still.ts';
import { sendAll } from '../../support/stores/send-all.ts';
import { outOfOrder, verified } from '../../support/upstreams/webhook-receiver.ts';

let at: WebhookApi;
beforeAll(async () => {
  at = await openWebhookApi();
});
afterAll(() => at.close());

let path = '';
let id = '';
beforeEach(async () => {
  ({ path, id } = await at.newWebhook());
});
const em = () => at.api.ctx.orm.em.fork();
const came = () => at.receiver.arrivals(path).map(({ subject, version }) => `${subject} ${version}`);
const days = (some: number) => some * 24 * 3_600_000;
const waited = () => at.hooks.passWaits(id);

test('it tells what waits, in order per subject, and then has nothing to do', async () => {
  const [a, b] = [`${path}-a`, `${path}-b`];
  await at.hooks.publish(a, b, a, a, b);
  expect(await at.hooks.deliver(id)).toBe(5);
  expect(came().toSorted()).toEqual([`${a} 1`, `${a} 2`, `${a} 3`, `${b} 1`, `${b} 2`]);
  expect(outOfOrder(at.receiver.arrivals(path))).toEqual([]);
  expect(await at.hooks.deliver(id)).toBe(0);
  expect(await at.hooks.stored(id)).toMatchObject({ wakeAt: null, claim: null, failures: 0 });
});

test('twice at once it tells once: the second run finds the endpoint claimed', async () => {
  await at.hooks.publish(`${path}-a`, `${path}-b`);
  at.receiver.behave(path, () => new Promise((resolve) => setImmediate(resolve, 204)));
  const told = await Promise.all([at.hooks.deliver(id), at.hooks.deliver(id), at.hooks.deliver(id)]);
  expect(told.reduce((sum, some) => sum + some, 0)).toBe(2);
  expect(told).toContain(2);
  expect(came()).toHaveLength(2);
});

test('a run that died is taken over when its claim is over, and tells again what it had not written down', async () => {
  await at.hooks.publish(`${path}-a`);
  const token = await claim(em(), id);
  expect(token).toBeDefined();
  expect([await at.hooks.deliver(id), came()]).toEqual([0, []]);
  expect(await findDue(em())).not.toContain(id);
  await at.hooks.set(id, { wakeAt: new Date(Date.now() - 1_000) });
  expect(await findDue(em())).toContain(id);
  expect(await findDue(em())).not.toContain(id);
  expect(await at.hooks.deliver(id)).toBe(1);
  // The one that was taken for dead lets nothing go that is not its own.
  await release(em(), id, token ?? '', undefined);
});

test('what comes while a run works is looked after at once when it is over', async () => {
  await at.hooks.publish(`${path}-a`);
  const token = await claim(em(), id);
  await at.hooks.publish(`${path}-b`);
  expect(await findDue(em())).not.toContain(id);
  await release(em(), id, token ?? '', undefined);
  expect(await findDue(em())).toContain(id);
});

test('an endpoint that takes nothing is tried with one event, left alone longer each time, and then gets all in order', async () => {
  at.receiver.behave(path, () => 500);
  const subjects = Array.from({ length: 30 }, (_, index) => `${path}-${index}`);
  await at.hooks.publish(...subjects, ...subjects);
  expect(await at.hooks.deliver(id)).toBe(0);
  // Five at once are under way when the first fails.
  expect(came().length).toBeLessThanOrEqual(5);
  const waits: number[] = [];
  for (const failures of [1, 2, 3]) {
    const { failures: stored, retryAt, wakeAt } = await at.hooks.stored(id);
    expect(stored).toBe(failures);
    expect(wakeAt).toEqual(retryAt);
    waits.push((retryAt?.getTime() ?? 0) - Date.now());
    const before = came().length;
    expect(await at.hooks.deliver(id)).toBe(0);
    expect(came().length).toBe(before);
    await waited();
    await at.hooks.deliver(id);
    expect(came().length).toBe(before + 1);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(20_000);
  await waited();
  at.receiver.behave(path, () => 204);
  expect(await at.hooks.deliver(id)).toBe(60);
  expect(outOfOrder(at.receiver.arrivals(path))).toEqual([]);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null });
});

test('one event that fails keeps back its own subject alone', async () => {
  const [bad, good] = [`${path}-bad`, `${path}-good`];
  at.receiver.behave(path, ({ subject }) => (subject === bad ? 500 : 204));
  await at.hooks.publish(good, bad, bad, good);
  expect(await at.hooks.deliver(id)).toBe(2);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null, wakeAt: expect.any(Date) });
  await at.hooks.publish(good);
  expect(await at.hooks.deliver(id)).toBe(1);
  // Alone it fails again, and the endpoint is not held to be away for it.
  await waited();
  expect(await at.hooks.deliver(id)).toBe(0);
  expect(await at.hooks.stored(id)).toMatchObject({ failures: 0, retryAt: null });
  at.receiver.behave(path, () => 204);
  await waited();
  expect(await at.hooks.deliver(id)).toBe(2);
  expect(outOfOrder(at.receiver.arrivals(path))).toEqual([]);
});

test.each([-3_600_000, 3_600_000])('a clock that is wrong by %d ms keeps nothing waiting', async (wrongMs) => {
  at.receiver.behave(path, () => 500);
  await at.hooks.publish(`${path}-a`);
  const now = () => new Date(Date.now() + wrongMs);
  await performJob(deliverWebhooks, { webhook_id: id }, { ...at.api.ctx, now });
  const { retryAt, wakeAt } = await at.hooks.stored(id);
  const [{ dueAt, failingSince } = {}] = await em().find(WebhookDelivery, { endpoint: id });
  const theirs = (await presentOf(em())).getTime();
  // Long enough for a slow machine, and far from the hour.
  for (const moment of [retryAt, wakeAt, dueAt, failingSince])
    expect(Math.abs((moment?.getTime() ?? 0) - theirs)).toBeLessThan(patienceMs);
});

test('after three days it is paused with a notice; resumed, it goes on where it stopped', async () => {
  const subject = `${path}-a`;
  at.receiver.behave(path, () => 503);
  await at.hooks.publish(subject, subject);
  await at.hooks.deliver(id);
  await waited();
  await em().nativeUpdate(
    WebhookDelivery,
    { endpoint: id, position: { $gt: 0 }, state: 'retrying' },
    {
      failingSince: new Date(Date.now() - days(3)),
    },
  );
  await at.hooks.deliver(id);
  expect(await at.hooks.stored(id)).toMatchObject({
    status: 'paused',
    notice: expect.stringMatching(/has not been taken for three days; last: it answered 503/),
    wakeAt: null,
  });
  at.receiver.behave(path, () => 204);
  await at.hooks.publish(subject);
  expect(await at.hooks.deliver(id)).toBe(0);
  const resumed = await at.api.send('PATCH', `/webhooks/${id}`, { as: 'demo', body: { status: 'active' } });
  expect(await resumed.json()).toMatchObject({ status: 'active', notice: null, paused_at: null, failures: 0 });
  expect(await at.hooks.deliver(id)).toBe(3);
  expect(outOfOrder(at.receiver.arrivals(path))).toEqual([]);
});

test('one that says that it is gone is paused at once', async () => {
  at.receiver.behave(path, () => 410);
  await at.hooks.publish(`${path}-a`);
  await at.hooks.deliver(id);
  expect(await at.hooks.stored(id)).toMatchObject({ status: 'paused', notice: expect.stringContaining('410') });
  const audit = await at.api.send('GET', `/audit?action=pauseWebhook&subject=${id}`, { as: 'admin' });
  expect(await audit.json()).toMatchObject({
    data: [{ actor: null, before: { status: 'active' }, after: { status: 'paused' } }],
  });
  await sendAll(at.api.ctx);
  // Of this one, and of the one of the case before.
  const mails = await at.api.send('GET', '/jobs?kind=mail-paused-webhook', { as: 'admin' });
  expect(await mails.json()).toMatchObject({ data: [{ queue: 'mails' }, { queue: 'mails' }] });
});

test('one that its owner has deleted meanwhile is not paused, and nobody is told so', async () => {
  await at.api.send('DELETE', `/webhooks/${id}`, { as: 'demo' });
  await at.api.ctx.transaction((tx, after) => pause(tx, after, { id, notice: 'gone', at: new Date() }));
  expect(await at.hooks.stored(id)).toMatchObject({ status: 'active', notice: null });
  const audit = await at.api.send('GET', `/audit?action=pauseWebhook&subject=${id}`, { as: 'admin' });
  expect(await audit.json()).toMatchObject({ data: [] });
});

test('a run that is cut off because its process ends is no failure of the endpoint', async () => {
  await at.hooks.publish(`${path}-a`, `${path}-b`);
  const ending = new AbortController();
  at.receiver.behave(path, ({ subject }) => (subject === `${path}-a` ? 204 : (ending.abort(), 'hang')));
  await performJob(deliverWebhooks, { webhook_id: id }, at.api.ctx, { signal: ending.signal });
  expect(await at.hooks.stored(id)).toMatchObject({
    failures: 0,
    retryAt: null,
    claim: null,
    wakeAt: expect.any(Date),
  });
  const states = (await at.hooks.deliveries(id)).data.map(({ subject, state }) => `${subject} ${state}`);
  expect(states).toContain(`${path}-b waiting`);
  at.receiver.behave(path, () => 204);
  await at.hooks.deliver(id);
  expect((await at.hooks.deliveries(id)).data.map(({ state }) => state)).toEqual(['delivered', 'delivered']);
});

test('a run that MySQL never answers ends when its time is over, and what waits is told by the next', async () => {
  await at.hooks.publish(`${path}-a`);
  const unanswered = em();
  const hasAsked = Promise.withResolvers<void>();
  vi.spyOn(unanswered, 'find').mockImplementationOnce(() => {
    hasAsked.resolve();
    return new Promise(() => {});
  });
  const time = new AbortController();
  const ctx = { ...at.api.ctx, em: unanswered };
  const running = performJob(deliverWebhooks, { webhook_id: id }, ctx, { signal: time.signal });
  await hasAsked.promise;
  time.abort(new DOMException('its time is over', 'TimeoutError'));
  await expect(running).rejects.toThrow('its time is over');
  await at.hooks.set(id, { wakeAt: new Date(Date.now() - 1_000) });
  expect(await at.hooks.deliver(id)).toBe(1);
});

describe('while it is told', () => {
  /** Has something happen before the first event is answered, by an endpoint that takes its time. */
  const atTheFirst = (happens: () => Promise<unknown>) => {
    let isFirst = true;
    at.receiver.behave(path, async () => {
      if (isFirst) {
        isFirst = false;
        await happens();
        await standStill(300);
      }
      return 204;
    });
  };
  const events = (count: number) => Array.from({ length: count }, () => `${path}-a`);

  it.each([
    ['deleted', () => at.api.send('DELETE', `/webhooks/${id}`, { as: 'demo' })],
    ['paused', () => at.api.send('PATCH', `/webhooks/${id}`, { as: 'demo', body: { status: 'paused' } })],
  ])('one that is %s is sent nothing more', async (_, end) => {
    await at.hooks.publish(...events(10));
    atTheFirst(end);
    expect(await at.hooks.deliver(id)).toBe(1);
    expect(came()).toHaveLength(1);
    expect((await at.hooks.stored(id)).claim).toBeNull();
  });

  it("is sent nobody else's events from when its owner administers no more", async () => {
    const owner = await newPerson(at.api, 'admin');
    const made = await owner.send('POST', '/webhooks', { url: at.receiver.urlOf(path), scope: 'all' });
    const { id: all } = z.object({ id: z.string() }).parse(await made.json());
    await at.hooks.publish(...events(10));
    const body = { role: 'user' };
    atTheFirst(() => at.api.send('PATCH', `/users/${owner.id}`, { as: 'admin', body }));
    expect(await at.hooks.deliver(all)).toBe(1);
    expect(came()).toHaveLength(1);
    expect(await at.hooks.deliver(all)).toBe(0);
    expect(await at.hooks.stored(all)).toMatchObject({ status: 'paused' });
  });

  it('its next round is signed with the secret that it has by then', async () => {
    await at.hooks.publish(...events(60));
    let secret = '';
    atTheFirst(async () => {
      const body = { rotate_secret: true };
      const answer = await at.api.send('PATCH', `/webhooks/${id}`, { as: 'demo', body });
      ({ secret } = z.object({ secret: z.string() }).parse(await answer.json()));
    });
    expect(await at.hooks.deliver(id)).toBe(60);
    const last = at.receiver.arrivals(path).at(-1);
    expect(last && verified(last, secret)).toMatchObject({ subject: `${path}-a` });
  });
});

test('what is no longer in the log expires, and keeps nothing back', async () => {
  const subject = `${path}-a`;
  await at.hooks.publish(subject, subject);
  const [, first] = (await at.hooks.deliveries(id)).data;
  await em().nativeDelete(EventLog, { id: first?.event_id ?? '' });
  expect(await at.hooks.deliver(id)).toBe(1);
  expect((await at.hooks.deliveries(id)).data.map(({ state }) => state)).toEqual(['delivered', 'expired']);
});

test('whoever administers no more is told of all no more, and of their own still', async () => {
  const all = await at.hooks.create({ url: at.receiver.urlOf(`${path}-all`), scope: 'all' }, 'admin');
  await at.hooks.publish(`${path}-a`);
  await at.api.ctx.orm.em.fork().execute("update users set role = 'user' where id = 2");
  expect(await at.hooks.deliver(all.id)).toBe(0);
  expect(await at.hooks.stored(all.id)).toMatchObject({ status: 'paused', notice: expect.stringContaining('owner') });
  await at.hooks.publish(`${path}-b`);
  await at.api.ctx.orm.em.fork().execute("update users set role = 'admin' where id = 2");
  expect((await at.hooks.deliveries(all.id)).data).toHaveLength(1);
  expect(at.receiver.arrivals(`${path}-all`)).toEqual([]);
});
