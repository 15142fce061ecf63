import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import { AlertCursor, AlertFiring } from '../../../src/entities/alerts.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { Order } from '../../../src/entities/orders.entity.ts';
import { EventLog, EventLogEnd } from '../../../src/entities/outbox.entity.ts';
import { openCache } from '../../../src/market/cache.ts';
import { openTransaction } from '../../../src/outbox/transaction.ts';
import { quoteName } from '../api/market-kinds.ts';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { deafRelay } from '../stores/open-outbox.ts';
import { type CentPrice, firedBy, type Waiting, wanderingPrices, wishes } from './alerts-recomputed.ts';
import { storePrices } from './store-prices.ts';

/** How much is proven: so many prices against so many alerts, with a worker killed so often. */
export type Size = Readonly<{ prices: number; alerts: number; symbols: number; kills: number; withinMs: number }>;

const atOnce = 100;
// A crowded machine is slow, and that is no fault.
const patientMs = 60_000;
// Cheap and dear by turns, below some caps and above others.
const productId = 2;
const [cheapCents, dearCents] = [4_000, 20_000];
const Created = z.object({ id: z.string() });

type Made = Waiting & Readonly<{ id: string }>;

/**
 * Stores prices while workers that judge them are killed, and compares what has fired with what must have. Nobody but the test stores
 * prices of these symbols.
 */
export async function proveAlerts(platform: Platform, size: Size): Promise<string> {
  const symbols = Array.from({ length: size.symbols }, (_, index) => `PROOF${index}`);
  const cache = openCache(platform.redis, () => new Date());
  // Whatever has a price is known to be listed.
  for (const symbol of symbols) await cache.write(quoteName(symbol), { body: '{', observedAtMs: Date.now() });
  const made: Made[] = [];
  for (const wish of wishes(symbols, size.alerts))
    made.push({ ...wish, id: await create(platform, wish, made.length) });

  const startMs = Date.now();
  const perSymbol = new Map(
    symbols.map((symbol) => [symbol, wanderingPrices(symbol, size.prices / size.symbols, startMs)]),
  );
  const storing = Promise.all([...perSymbol].map(([symbol, prices]) => storeAll(platform, symbol, prices)));
  const judged = untilJudged(platform, storing, size.withinMs);
  for (let kills = 0; kills < size.kills; kills += 1) {
    await progressed(platform, (kills + 1) / (size.kills + 1), size);
    await platform.orm.em
      .fork()
      .nativeUpdate(Product, { id: productId }, { priceMinor: kills % 2 ? cheapCents : dearCents });
    await platform.workers.shift()?.signal('SIGKILL');
    await platform.startWorker();
  }
  await judged;
  const fired = await expectFired(platform, made, perSymbol);
  const orders = await expectOrders(platform, made);
  return `${size.prices} prices, ${size.alerts} alerts, ${size.kills} kills: ${fired} firings, ${orders}`;
}

async function create(platform: Platform, { symbol, kind, level, once, capCents }: Waiting, index: number) {
  const body = {
    symbol,
    [kind]: kind === 'percent' ? level : level / 100,
    once,
    ...(capCents === undefined ? {} : { order: { products: [productId], max_total: capCents / 100 } }),
  };
  const answer = await platform.send('POST', '/market/alerts', body, index % 2 ? 'admin' : 'demo');
  expect(answer.status).toBe(201);
  return Created.parse(await answer.json()).id;
}

async function storeAll(platform: Platform, symbol: string, prices: readonly CentPrice[]): Promise<void> {
  // As of a process that dies before it announces them: the workers do.
  const transaction = openTransaction(platform.orm, deafRelay, () => new Date(), patientMs);
  for (let from = 0; from < prices.length; from += atOnce)
    await storePrices(
      transaction,
      prices
        .slice(from, from + atOnce)
        .map(({ cents, asOfMs }) => ({ symbol, price: cents / 100, asOf: new Date(asOfMs) })),
    );
}

async function progressed(platform: Platform, share: number, { prices, withinMs }: Size): Promise<void> {
  await until(
    `${share} of the prices are judged`,
    async () => {
      const { position } = await platform.orm.em.fork().findOneOrFail(AlertCursor, 1);
      const count = await platform.orm.em
        .fork()
        .count(EventLog, { stream: 'market', subject: { $like: 'PROOF%' }, position: { $lte: position } });
      return count >= share * prices ? true : undefined;
    },
    withinMs,
  );
}

/** Nothing is stored any more, all of it has been judged, and what was to be placed is placed or refused. */
async function untilJudged(platform: Platform, storing: Promise<unknown>, withinMs: number): Promise<void> {
  await storing;
  await until(
    'all is judged and placed',
    async () => {
      const em = platform.orm.em.fork();
      const unnumbered = await em.count(EventLog, { position: null });
      const [cursor, end] = [await em.findOneOrFail(AlertCursor, 1), await em.findOneOrFail(EventLogEnd, 1)];
      const waiting = await em.count(AlertFiring, { orderState: 'waiting' });
      if (unnumbered === 0 && cursor.position >= end.position && waiting === 0) return true;
      await sleep(200);
      return undefined;
    },
    withinMs,
  );
}

const Told = z.object({ firing: z.int(), price: z.number() });

async function expectFired(platform: Platform, made: readonly Made[], perSymbol: ReadonlyMap<string, CentPrice[]>) {
  const em = platform.orm.em.fork();
  let count = 0;
  for (const alert of made) {
    const must = firedBy(alert, perSymbol.get(alert.symbol) ?? []).map((cents) => cents / 100);
    const rows = await em.find(AlertFiring, { alert: alert.id }, { orderBy: { number: 'asc' } });
    // Each crossing of one with an order, too: its default alone is once.
    expect(
      rows.map(({ price }) => price),
      JSON.stringify(alert),
    ).toEqual(must);
    expect(rows.map(({ number }) => number)).toEqual(must.map((_, index) => index + 1));
    const log = await em.find(EventLog, { stream: 'alerts', subject: alert.id });
    const told = log.map(({ data }) => Told.parse(JSON.parse(data))).toSorted((a, b) => a.firing - b.firing);
    expect(told).toEqual(must.map((price, index) => ({ firing: index + 1, price })));
    count += must.length;
  }
  expect(await em.count(EventLog, { stream: 'alerts' })).toBe(count);
  return count;
}

async function expectOrders(platform: Platform, made: readonly Made[]): Promise<string> {
  const em = platform.orm.em.fork();
  const firings = await em.find(AlertFiring, { orderState: { $ne: null } });
  const orders = await em.find(Order, {});
  const caps = new Map(made.map(({ id, capCents }) => [id, capCents]));
  const placed = firings.filter(({ orderState }) => orderState === 'placed');
  // One order a firing that placed one, and no order besides.
  expect(new Set(placed.map(({ orderId }) => orderId))).toEqual(new Set(orders.map(({ id }) => id)));
  expect(placed).toHaveLength(orders.length);
  expect(new Set(placed.map(({ alert }) => alert)).size).toBe(placed.length);
  const byId = new Map(orders.map((order) => [order.id, order]));
  for (const { alert, orderId } of placed)
    expect(byId.get(orderId ?? '')?.totalMinor).toBeLessThanOrEqual(caps.get(alert) ?? 0);
  const refused = firings.filter(({ orderState }) => orderState === 'refused');
  expect(refused.every(({ orderCode }) => orderCode === 'above_max_total')).toBe(true);
  const carrying = made.filter(({ capCents }) => capCents !== undefined);
  const fired = new Set((await em.find(AlertFiring, { number: 1 })).map(({ alert }) => alert));
  expect(firings).toHaveLength(carrying.filter(({ id }) => fired.has(id)).length);
  expect(placed.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  return `${placed.length} orders placed and ${refused.length} refused for their caps`;
}
