import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { User } from '../../../src/entities/accounts.entity.ts';
import { AlertFiring, PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { WebhookDelivery } from '../../../src/entities/webhooks.entity.ts';
import { lookForWork, routeEvents } from '../../../src/webhooks/route-events.ts';
import { judgeWaiting } from '../../../src/workers/judge-alerts.ts';
import { newPerson } from '../../support/api/accounts.ts';
import { alertsOf, madeOf, openAlertApi } from '../../support/api/alerts.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import type { TestApi } from '../../support/api/test-api.ts';
import { storePrices } from '../../support/load/store-prices.ts';
import { queriesOf } from '../../support/stores/statements.ts';

let api: TestApi;
let alerts: Awaited<ReturnType<typeof alertsOf>>;
beforeAll(async () => {
  api = await openAlertApi();
  alerts = await alertsOf(api);
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();

describe('an alert', () => {
  it('is told at each crossing, or once, and shows what it has told', async () => {
    await alerts.prices('AAPL', 90);
    const each = await alerts.make({ symbol: 'aapl', above: 100 });
    const once = await alerts.make({ symbol: 'AAPL', below: 80, once: true });
    expect(each).toMatchObject({ symbol: 'AAPL', above: 100, below: null, once: false, status: 'active', fired: [] });
    await alerts.prices('AAPL', 100, 101, 120, 99, 79, 101);
    await alerts.prices('AAPL', 102, 50, 300);
    expect(await alerts.pricesOf(each.id)).toEqual([101, 101, 300]);
    expect(await alerts.look(once.id)).toMatchObject({
      status: 'ended',
      firings: 1,
      fired: [{ firing: 1, price: 79 }],
    });
    expect(await alerts.told(each.id)).toMatchObject(
      [101, 101, 300].map((price) => ({ price, user_id: alerts.person.id })),
    );
    expect(await alerts.told(once.id)).toHaveLength(1);
  });

  it('of a move counts from the last price before it, and from each firing on', async () => {
    await alerts.prices('IBM', 100);
    const { id } = await alerts.make({ symbol: 'IBM', percent: 10 });
    await alerts.prices('IBM', 109, 110, 118, 99, 108.9, 108.8);
    expect((await alerts.look(id)).fired.toReversed()).toMatchObject([
      { price: 110, reference: 100, change_percent: 10 },
      { price: 99, reference: 110, change_percent: -10 },
      { price: 108.9, reference: 99, change_percent: 10 },
    ]);
  });

  it('that waits for what is so already fires at the next price, and never for what was stored before it', async () => {
    await alerts.prices('IBM', 200);
    const { id } = await alerts.make({ symbol: 'IBM', above: 150 });
    await alerts.judge();
    expect((await alerts.look(id)).firings).toBe(0);
    await alerts.prices('IBM', 199);
    expect(await alerts.pricesOf(id)).toEqual([199]);
  });

  it('passes over a price that was observed before one that has been judged', async () => {
    const { id } = await alerts.make({ symbol: 'ORCL', above: 100 });
    const at = Date.now();
    const observed = [
      [90, 0],
      [150, -5_000],
      [110, 1],
    ] as const;
    await storePrices(
      api.ctx.transaction,
      observed.map(([price, ms]) => ({ symbol: 'ORCL', price, asOf: new Date(at + ms) })),
    );
    await alerts.judge();
    expect(await alerts.pricesOf(id)).toEqual([110]);
  });

  it('repeated with its key is one, and deleted fires no more', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { symbol: 'AAPL', above: 1 };
    const answers = [];
    for (const _ of ['first', 'again'])
      answers.push(await (await api.send('POST', '/market/alerts', { as: 'demo', body, headers })).text());
    expect(answers[0]).toBe(answers[1]);
    const { id } = await alerts.make({ symbol: 'AAPL', above: 1 });
    expect((await alerts.person.send('DELETE', `/market/alerts/${id}`)).status).toBe(204);
    await alerts.prices('AAPL', 5);
    expect(await alerts.told(id)).toEqual([]);
    expect((await alerts.person.send('GET', `/market/alerts/${id}`)).status).toBe(404);
  });

  it('has its symbol polled as long as there are any, and says how often', async () => {
    const { id, polled_every_seconds: every } = await alerts.make({ symbol: 'TSLA', above: 5_000 });
    expect(every).toBe(60);
    expect(await em().findOneOrFail(WatchedSymbol, 'TSLA')).toMatchObject({ forAlerts: true, everySeconds: 60 });
    expect((await alerts.make({ symbol: 'MSFT', above: 5_000 })).polled_every_seconds).toBe(10);
    await alerts.person.send('DELETE', `/market/alerts/${id}`);
    expect(await em().findOne(WatchedSymbol, 'TSLA')).toBeNull();
    const once = await alerts.make({ symbol: 'TSLA', below: 5_000, once: true });
    await alerts.prices('TSLA', 10);
    expect(await alerts.look(once.id)).toMatchObject({ status: 'ended', polled_every_seconds: null });
    expect(await em().count(WatchedSymbol, { symbol: { $in: ['TSLA', 'MSFT'] } })).toBe(1);
  });

  it('is refused where the plan has no room for its symbol', async () => {
    const row = { kind: 'stock', addedBy: null, createdAt: new Date(), polledAt: null, forAlerts: true } as const;
    await em().insert(WatchedSymbol, { ...row, symbol: 'FULL', everySeconds: 2 });
    const refused = await problemOf(await alerts.person.send('POST', '/market/alerts', { symbol: 'NVDA', above: 1 }));
    expect(refused).toMatchObject({ code: 'watchlist_over_budget' });
    await em().nativeDelete(WatchedSymbol, { symbol: 'FULL' });
  });

  it('keeps its symbol polled when an administrator stops that, no more often than alerts may, until it has ended', async () => {
    const { id } = await alerts.make({ symbol: 'NVDA', above: 5_000 });
    const watch = (every_seconds: number) =>
      api.send('PUT', '/market/watchlist/NVDA', { as: 'admin', body: { every_seconds } });
    const stop = async () => (await api.send('DELETE', '/market/watchlist/NVDA', { as: 'admin' })).status;
    const row = () => em().findOne(WatchedSymbol, 'NVDA');
    for (const [before, after] of [
      [10, 60],
      [300, 300],
    ] as const) {
      expect(await (await watch(before)).json()).toMatchObject({ every_seconds: before, for_alerts: false });
      // A second time there is nothing left to stop.
      expect([await stop(), await stop()]).toEqual([204, 204]);
      expect(await row()).toMatchObject({ everySeconds: after, forAlerts: true, addedBy: null });
      expect((await alerts.look(id)).polled_every_seconds).toBe(after);
    }
    const full = { kind: 'stock', addedBy: null, createdAt: new Date(), polledAt: null, forAlerts: true } as const;
    await watch(10);
    await em().insert(WatchedSymbol, { ...full, symbol: 'FULL', everySeconds: 2 });
    await stop();
    expect(await row()).toMatchObject({ everySeconds: 86_400, forAlerts: true });
    await em().nativeDelete(WatchedSymbol, { symbol: 'FULL' });
    await alerts.person.send('DELETE', `/market/alerts/${id}`);
    expect(await row()).toBeNull();
  });

  it.each([
    [{ symbol: 'AAPL' }, '/above'],
    [{ symbol: 'AAPL', above: 1, below: 2 }, '/above'],
    [{ symbol: 'no symbol', above: 1 }, '/symbol'],
    [{ symbol: 'AAPL', above: -1 }, '/above'],
    [{ symbol: 'AAPL', percent: 0 }, '/percent'],
    [{ symbol: 'AAPL', above: 1, webhook: 'here' }, '/webhook'],
    [{ symbol: 'AAPL', above: 1, webhook: 'https://10.0.0.1/' }, '/webhook'],
    [{ symbol: 'AAPL', above: 1, webhook: randomUUID() }, '/webhook'],
    [{ symbol: 'AAPL', above: 1, order: { products: [1] } }, '/order/max_total'],
    [{ symbol: 'AAPL', above: 1, order: { max_total: 5 } }, '/order/products'],
    [{ symbol: 'AAPL', above: 1, order: { products: [1, 99], max_total: 5 } }, '/order'],
    [{ symbol: 'AAPL', above: 1, order: { products: [1], max_total: 5.001 } }, '/order/max_total'],
  ])('refuses %j', async (body, pointer) => {
    const [found] = await pointersOf(await alerts.person.send('POST', '/market/alerts', body));
    expect(found).toMatch(new RegExp(`^${pointer}`));
  });

  it('has a bound, also when many come at once, and room again when one has ended', async () => {
    const other = await newPerson(api);
    const row = {
      userId: other.id,
      symbol: 'AMD',
      kind: 'above' as const,
      threshold: 1e9,
      isOnce: true,
      reference: null,
      isArmed: true,
      wakeHigh: 1e9,
      wakeLow: null,
      since: 0,
      carried: null,
      webhookId: null,
      endedAt: null,
    };
    const rows = Array.from({ length: 998 }, () => ({ ...row, id: randomUUID(), createdAt: new Date() }));
    await em().insertMany(PriceAlert, rows);
    const ask = () => other.send('POST', '/market/alerts', { symbol: 'AMD', above: 10 });
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual('201 201 409 409 409'.split(' '));
    await em().nativeUpdate(PriceAlert, { id: rows[0]?.id ?? '' }, { endedAt: new Date() });
    expect((await ask()).status).toBe(201);
    await em().nativeUpdate(PriceAlert, { userId: other.id }, { endedAt: new Date() });
  });

  it('ends with its owner’s account, and so does polling its symbol', async () => {
    const other = await newPerson(api);
    const { id } = await alerts.make(
      {
        symbol: 'AAPL',
        above: 1,
        order: { products: [1], max_total: 60 },
      },
      other,
    );
    await alerts.make({ symbol: 'TSLA', above: 5_000 }, other);
    expect(await em().findOne(WatchedSymbol, 'TSLA')).toMatchObject({ forAlerts: true });
    expect((await other.send('DELETE', `/users/${other.id}`)).status).toBe(204);
    expect(await em().findOne(WatchedSymbol, 'TSLA')).toBeNull();
    await alerts.prices('AAPL', 10);
    expect(await alerts.told(id)).toEqual([]);
  });
});

describe('an alert whose owner has left', () => {
  it('ends when it would fire, tells nobody, and has its symbol polled no longer', async () => {
    const other = await newPerson(api);
    const { id } = await alerts.make({ symbol: 'TSLA', above: 5_000 }, other);
    await em().nativeUpdate(User, { id: other.id }, { deletedAt: new Date() });
    await alerts.prices('TSLA', 4_000);
    expect(await em().findOneOrFail(PriceAlert, id)).toMatchObject({ endedAt: null });
    await alerts.prices('TSLA', 6_000);
    expect(await em().findOneOrFail(PriceAlert, id)).toMatchObject({
      firings: 0,
      endedAt: expect.any(Date),
      wakeHigh: null,
    });
    expect(await em().count(AlertFiring, { alert: id })).toBe(0);
    expect(await alerts.told(id)).toEqual([]);
    expect(await em().findOne(WatchedSymbol, 'TSLA')).toBeNull();
  });
});

describe('a firing', () => {
  it('is told to the webhook that it names and to no other, made for its address where there is none', async () => {
    const other = await newPerson(api);
    const hooked = z.looseObject({ id: z.string(), webhook: z.string(), webhook_secret: z.string().optional() });
    const wish = { symbol: 'AMD', above: 1, once: true, webhook: 'https://shop.example.com/alerts' };
    const ask = async () => hooked.parse(await madeOf(await other.send('POST', '/market/alerts', wish)));
    const all = await madeOf(await other.send('POST', '/webhooks', { url: 'https://shop.example.com/all' }));
    const [first, second] = [await ask(), await ask()];
    expect([first.webhook_secret, second.webhook_secret]).toEqual([expect.stringMatching(/^whsec_/), undefined]);
    expect(second.webhook).toBe(first.webhook);
    await alerts.make({ symbol: 'AMD', above: 1, once: true }, other);
    await alerts.prices('AMD', 2);
    await routeEvents(api.ctx, await lookForWork(em()));
    const { id } = z.object({ id: z.string() }).parse(all);
    const toldTo = (endpoint: string) => em().count(WebhookDelivery, { endpoint, type: 'alert.fired' });
    expect([await toldTo(first.webhook), await toldTo(id)]).toEqual([3, 1]);
  });

  it('stands in the audit as who made its alert, and deleted it', async () => {
    const actions = await em().find(AuditEntry, {
      userId: alerts.person.id,
      action: { $in: ['createAlert', 'deleteAlert'] },
    });
    expect(new Set(actions.map(({ action }) => action)).size).toBe(2);
  });

  it('costs whoever stores a price nothing, and while there are no alerts judging is one look', async () => {
    await em().nativeUpdate(PriceAlert, {}, { endedAt: new Date(), wakeHigh: null, wakeLow: null });
    const storing = await queriesOf(() =>
      storePrices(api.ctx.transaction, [{ symbol: 'AAPL', price: 7, asOf: new Date() }]),
    );
    expect(storing.filter((sql) => /alert|judged/.test(sql))).toEqual([]);
    await api.ctx.events.relay.idle();
    expect(await queriesOf(() => judgeWaiting(api.ctx))).toHaveLength(1);
  });
});
