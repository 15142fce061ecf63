import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AlertFiring, PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { User } from '../../../src/entities/accounts.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { Order } from '../../../src/entities/orders.entity.ts';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { WebhookDelivery } from '../../../src/entities/webhooks.entity.ts';
import { mailAlert } from '../../../src/jobs/alerts/mail-alert.job.ts';
import { pruneAlerts } from '../../../src/jobs/alerts/prune-alerts.job.ts';
import { lookForWork, routeEvents } from '../../../src/webhooks/route-events.ts';
import { judgeWaiting } from '../../../src/workers/judge-alerts.ts';
import { newPerson, type Person } from '../../support/api/accounts.ts';
import { quoteName } from '../../support/api/market-kinds.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { makeKey } from '../../support/api/personas.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { storePrices } from '../../support/load/store-prices.ts';
import { queriesOf } from '../../support/stores/statements.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
let api: TestApi;
let person: Person;
beforeAll(async () => {
  sandbox = await startSandbox();
  api = await openTestApi({
    FINNHUB_API_KEY: 'test',
    WATCHLIST: 'MSFT',
    PAYMENT_GATEWAY: 'instant',
    SMTP_URL: sandbox.urls.mail,
  });
  person = await newPerson(api);
  // Whatever has a price is known to be listed.
  for (const symbol of 'AAPL IBM TSLA NVDA AMD ORCL'.split(' '))
    await api.ctx.market.cache.write(quoteName(symbol), { body: '{', observedAtMs: Date.now() });
});
afterAll(async () => {
  await api.close();
  await sandbox.stop();
});

const em = () => api.ctx.orm.em.fork();
const Outcome = z.object({ status: z.string(), order_id: z.string().nullable(), code: z.string().nullable() });
const Alert = z.looseObject({
  id: z.string(),
  status: z.string(),
  polled_every_seconds: z.int().nullable(),
  webhook: z.string().nullable(),
  firings: z.int(),
  fired: z.array(
    z.looseObject({ firing: z.int(), price: z.number(), reference: z.number().nullable(), order: Outcome.nullable() }),
  ),
});
/** The body of a success. */
const madeOf = async (answer: Response): Promise<unknown> => {
  const body: unknown = await answer.json();
  expect(answer.status, JSON.stringify(body)).toBeLessThan(300);
  return body;
};
const make = async (body: object, by = person) =>
  Alert.parse(await madeOf(await by.send('POST', '/market/alerts', body)));
const look = async (id: string) => Alert.parse(await (await person.send('GET', `/market/alerts/${id}`)).json());
/** Prices, one after the other, and all that follows from them. */
const prices = async (symbol: string, ...some: readonly number[]) => {
  await storePrices(
    api.ctx.transaction,
    some.map((price) => ({ symbol, price, asOf: new Date() })),
  );
  await judge();
};
const judge = async () => {
  await api.ctx.events.relay.idle();
  await judgeWaiting(api.ctx);
  await api.ctx.events.relay.idle();
};
const pricesOf = async (id: string) => (await look(id)).fired.map(({ price }) => price).toReversed();
const told = async (id: string) => {
  const rows = await em().find(EventLog, { stream: 'alerts', subject: id }, { orderBy: { version: 'asc' } });
  return rows.map(({ data }) => z.looseObject({ price: z.number(), user_id: z.int() }).parse(JSON.parse(data)));
};

describe('an alert', () => {
  it('is told at each crossing, or once, and shows what it has told', async () => {
    await prices('AAPL', 90);
    const each = await make({ symbol: 'aapl', above: 100 });
    const once = await make({ symbol: 'AAPL', below: 80, once: true });
    expect(each).toMatchObject({ symbol: 'AAPL', above: 100, below: null, once: false, status: 'active', fired: [] });
    await prices('AAPL', 100, 101, 120, 99, 79, 101);
    await prices('AAPL', 102, 50, 300);
    expect(await pricesOf(each.id)).toEqual([101, 101, 300]);
    expect(await look(once.id)).toMatchObject({ status: 'ended', firings: 1, fired: [{ firing: 1, price: 79 }] });
    expect(await told(each.id)).toMatchObject([101, 101, 300].map((price) => ({ price, user_id: person.id })));
    expect(await told(once.id)).toHaveLength(1);
  });

  it('of a move counts from the last price before it, and from each firing on', async () => {
    await prices('IBM', 100);
    const { id } = await make({ symbol: 'IBM', percent: 10 });
    await prices('IBM', 109, 110, 118, 99, 108.9, 108.8);
    expect((await look(id)).fired.toReversed()).toMatchObject([
      { price: 110, reference: 100, change_percent: 10 },
      { price: 99, reference: 110, change_percent: -10 },
      { price: 108.9, reference: 99, change_percent: 10 },
    ]);
  });

  it('that waits for what is so already fires at the next price, and never for what was stored before it', async () => {
    await prices('IBM', 200);
    const { id } = await make({ symbol: 'IBM', above: 150 });
    await judge();
    expect((await look(id)).firings).toBe(0);
    await prices('IBM', 199);
    expect(await pricesOf(id)).toEqual([199]);
  });

  it('passes over a price that was observed before one that has been judged', async () => {
    const { id } = await make({ symbol: 'ORCL', above: 100 });
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
    await judge();
    expect(await pricesOf(id)).toEqual([110]);
  });

  it('repeated with its key is one, and deleted fires no more', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { symbol: 'AAPL', above: 1 };
    const answers = [];
    for (const _ of ['first', 'again'])
      answers.push(await (await api.send('POST', '/market/alerts', { as: 'demo', body, headers })).text());
    expect(answers[0]).toBe(answers[1]);
    const { id } = await make({ symbol: 'AAPL', above: 1 });
    expect((await person.send('DELETE', `/market/alerts/${id}`)).status).toBe(204);
    await prices('AAPL', 5);
    expect(await told(id)).toEqual([]);
    expect((await person.send('GET', `/market/alerts/${id}`)).status).toBe(404);
  });

  it('has its symbol polled as long as there are any, and says how often', async () => {
    const { id, polled_every_seconds: every } = await make({ symbol: 'TSLA', above: 5_000 });
    expect(every).toBe(60);
    expect(await em().findOneOrFail(WatchedSymbol, 'TSLA')).toMatchObject({ forAlerts: true, everySeconds: 60 });
    expect((await make({ symbol: 'MSFT', above: 5_000 })).polled_every_seconds).toBe(10);
    await person.send('DELETE', `/market/alerts/${id}`);
    expect(await em().findOne(WatchedSymbol, 'TSLA')).toBeNull();
    const once = await make({ symbol: 'TSLA', below: 5_000, once: true });
    await prices('TSLA', 10);
    expect(await look(once.id)).toMatchObject({ status: 'ended', polled_every_seconds: null });
    expect(await em().count(WatchedSymbol, { symbol: { $in: ['TSLA', 'MSFT'] } })).toBe(1);
  });

  it('is refused where the plan has no room for its symbol', async () => {
    const row = { kind: 'stock', addedBy: null, createdAt: new Date(), polledAt: null, forAlerts: true } as const;
    await em().insert(WatchedSymbol, { ...row, symbol: 'FULL', everySeconds: 2 });
    const refused = await problemOf(await person.send('POST', '/market/alerts', { symbol: 'NVDA', above: 1 }));
    expect(refused).toMatchObject({ code: 'watchlist_over_budget' });
    await em().nativeDelete(WatchedSymbol, { symbol: 'FULL' });
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
    const [found] = await pointersOf(await person.send('POST', '/market/alerts', body));
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
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409, 409]);
    await em().nativeUpdate(PriceAlert, { id: rows[0]?.id ?? '' }, { endedAt: new Date() });
    expect((await ask()).status).toBe(201);
    await em().nativeUpdate(PriceAlert, { userId: other.id }, { endedAt: new Date() });
  });

  it('ends with its owner’s account', async () => {
    const other = await newPerson(api);
    const answer = await other.send('POST', '/market/alerts', {
      symbol: 'AAPL',
      above: 1,
      order: { products: [1], max_total: 60 },
    });
    const { id } = Alert.parse(await madeOf(answer));
    expect((await other.send('DELETE', `/users/${other.id}`)).status).toBe(204);
    await prices('AAPL', 10);
    expect(await told(id)).toEqual([]);
  });
});

describe('the order that an alert carries', () => {
  const carried = { products: [1, 2], max_total: 100 };
  const ordersOf = (user: number) => em().find(Order, { user });

  it('is placed once, with the first firing, for what it costs then', async () => {
    const buyer = await newPerson(api);
    const answer = await buyer.send('POST', '/market/alerts', {
      symbol: 'NVDA',
      above: 10,
      once: false,
      order: carried,
    });
    const alert = z.looseObject({ id: z.string(), order: z.looseObject({}) }).parse(await madeOf(answer));
    expect(alert.order).toMatchObject({ currency: 'USD', max_total: 100 });
    await prices('NVDA', 11, 9, 12);
    await judge();
    const [order, ...others] = await ordersOf(buyer.id);
    expect(others).toEqual([]);
    expect(order).toMatchObject({ totalMinor: 10_000, currency: 'USD' });
    const shown = Alert.parse(await (await buyer.send('GET', `/market/alerts/${alert.id}`)).json());
    expect(shown.fired.toReversed()).toMatchObject([
      { order: { status: 'placed', order_id: order?.id } },
      { order: null },
    ]);
    expect((await told(alert.id)).map((one) => one['order'] ?? null)).toEqual(
      expect.arrayContaining([expect.objectContaining({ status: 'placed', order_id: order?.id }), null]),
    );
  });

  it('is one, however many set about it at once', async () => {
    const buyer = await newPerson(api);
    await buyer.send('POST', '/market/alerts', { symbol: 'NVDA', above: 1, order: carried });
    await storePrices(api.ctx.transaction, [{ symbol: 'NVDA', price: 11, asOf: new Date() }]);
    await api.ctx.events.relay.idle();
    await Promise.all(Array.from({ length: 8 }, () => judgeWaiting(api.ctx)));
    // As if nobody knew that it was: the firing itself is the guard.
    await em().nativeUpdate(AlertFiring, { userId: buyer.id }, { dueAt: new Date(0) });
    await Promise.all(Array.from({ length: 8 }, () => judgeWaiting(api.ctx)));
    expect(await ordersOf(buyer.id)).toHaveLength(1);
  });

  it.each([
    ['dearer than allowed', { products: [1, 2], max_total: 99.99 }, undefined, 'above_max_total'],
    [
      'out of stock',
      { products: [3], max_total: 50 },
      () => em().nativeUpdate(Product, { id: 3 }, { stock: 0 }),
      'out_of_stock',
    ],
    [
      'no longer for sale',
      { products: [3], max_total: 50 },
      () => em().nativeUpdate(Product, { id: 3 }, { deletedAt: new Date() }),
      'unknown_product',
    ],
    [
      'of somebody who has left',
      carried,
      (id: number) => em().nativeUpdate(User, { id }, { deletedAt: new Date() }),
      'not_found',
    ],
  ])('%s is not placed, and the firing says why', async (_, order, happens, code) => {
    if (!(await em().findOne(Product, 3)))
      await em().insert(Product, { id: 3, title: 'A thing', priceMinor: 100, currency: 'USD', stock: 5 });
    const buyer = await newPerson(api);
    const answer = await buyer.send('POST', '/market/alerts', { symbol: 'NVDA', above: 1, order });
    const { id } = Alert.parse(await madeOf(answer));
    await happens?.(buyer.id);
    await prices('NVDA', 20);
    expect(await ordersOf(buyer.id)).toEqual([]);
    const firing = await em().findOneOrFail(AlertFiring, { alert: id, number: 1 });
    expect(firing).toMatchObject({ orderState: 'refused', orderCode: code, orderId: null, dueAt: null });
    expect(await told(id)).toMatchObject([{ order: { status: 'refused', code, order_id: null } }]);
  });

  it('needs more of a key than an alert does', async () => {
    const send = async (scopes: readonly ('alerts:write' | 'orders:write')[], body: object) => {
      const { key } = await makeKey(api, person.id, scopes);
      return api.send('POST', '/market/alerts', { headers: { authorization: `Bearer ${key}` }, body });
    };
    const body = { symbol: 'AAPL', above: 1_000 };
    expect((await send(['alerts:write'], body)).status).toBe(201);
    expect(await problemOf(await send(['alerts:write'], { ...body, order: carried }))).toMatchObject({
      code: 'insufficient_scope',
    });
    expect((await send(['alerts:write', 'orders:write'], { ...body, order: carried })).status).toBe(201);
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
    await make({ symbol: 'AMD', above: 1, once: true }, other);
    await prices('AMD', 2);
    await routeEvents(api.ctx, await lookForWork(em()));
    const { id } = z.object({ id: z.string() }).parse(all);
    const toldTo = (endpoint: string) => em().count(WebhookDelivery, { endpoint, type: 'alert.fired' });
    expect([await toldTo(first.webhook), await toldTo(id)]).toEqual([3, 1]);
  });

  it('is mailed once, to whoever has shown that the address is theirs', async () => {
    const { id } = await make({ symbol: 'AMD', below: 1_000, once: true });
    await prices('AMD', 3);
    const send = () => performJob(mailAlert, { alert_id: id, firing: 1 }, api.ctx);
    expect(await send()).toEqual({ sent: false });
    await em().nativeUpdate(User, { id: person.id }, { emailConfirmedAt: new Date() });
    expect([await send(), await send()]).toEqual([{ sent: true }, { sent: false }]);
    const mails = (await sandbox.mails()).filter(({ to }) => to.includes(person.email));
    expect(mails).toMatchObject([{ subject: 'AMD is at 3', text: expect.stringContaining('below 1000') }]);
    const row = {
      userId: person.id,
      position: 1,
      price: 1,
      asOf: new Date(),
      firedAt: new Date(),
      mailedAt: new Date(),
    };
    await em().insertMany(
      AlertFiring,
      Array.from({ length: 20 }, (_, index) => ({ ...row, alert: randomUUID(), number: index + 1 })),
    );
    await em().nativeUpdate(AlertFiring, { alert: id }, { mailedAt: null });
    expect(await send()).toEqual({ sent: false });
  });

  it('is forgotten after ninety days, and stands in the audit as who made and deleted it', async () => {
    const old = new Date(Date.now() - 91 * 24 * 3_600_000);
    await em().nativeUpdate(AlertFiring, { userId: person.id }, { firedAt: old });
    await performJob(pruneAlerts, {}, api.ctx);
    expect(await em().count(AlertFiring, { userId: person.id })).toBe(0);
    const actions = await em().find(AuditEntry, { userId: person.id, action: { $in: ['createAlert', 'deleteAlert'] } });
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
