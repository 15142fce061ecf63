import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { GiveUp } from '../../../src/errors.ts';
import { gatewaysOf } from '../../../src/gateways/payment-gateways.ts';
import { openProductFeed } from '../../../src/gateways/feeds/product-feed.ts';
import type { Attempt } from '../../../src/jobs/define-job.ts';
import { syncProducts } from '../../../src/jobs/catalog/sync-products.job.ts';
import {
  type FeedServer,
  noFeed,
  noProduct,
  recorded,
  sendJson,
  sendPages,
  startFeed,
} from '../../support/upstreams/feed-server.ts';
import { completeStreams } from '../../../src/outbox/announce.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { readStream } from '../../support/stores/stream-entries.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
let feed: FeedServer;
beforeAll(async () => {
  feed = await startFeed();
  api = await openTestApi({ PUBLIC_PRODUCT_API: feed.url });
});
afterAll(async () => {
  await api.close();
  await feed.stop();
});
beforeEach(async () => {
  tryMs = 60_000;
  await api.ctx.orm.em.fork().nativeDelete(Product, { source: { $ne: 'local' } });
  await api.ctx.redis.flushdb();
  await events();
});

let tryMs = 60_000;
const sync = (payload = { force: true }, id?: string, report?: Attempt['report']) =>
  performJob(
    syncProducts,
    payload,
    {
      ...api.ctx.jobs.fork(),
      catalog: { ...api.ctx.catalog, productFeed: openProductFeed(feed.url, () => {}, { tryMs }) },
    },
    { ...(id !== undefined && { id }), ...(report && { report }) },
  );
const stored = () => api.ctx.orm.em.fork().find(Product, {}, { orderBy: { id: 'asc' }, disableIdentityMap: true });
const productOf = async (externalId: string) => (await stored()).find((product) => product.externalId === externalId);
const told = new Set<string>();
/** The events since the last call, as `type subject`. As workers do, it puts what Redis has lost back first. */
const events = async () => {
  await api.ctx.events.relay.idle();
  await completeStreams({ ...api.ctx, streams: api.ctx.jobs.definitions.streams }, new AbortController().signal);
  const some = (await readStream(api.ctx.redis, 'catalog')).filter(({ id }) => !told.has(id));
  for (const { id } of some) told.add(id);
  return some;
};
const lamp = (id: number, more = {}) => ({ id, title: `Lamp ${id}`, price: id, ...more });

describe('syncing the product feed', () => {
  it('stores FakeStore’s twenty with their prices in cents, and announces each', async () => {
    feed.answerWith(sendJson(recorded.fakestore));
    const counts = { created: 20, updated: 0, unchanged: 0, deleted: 0 };
    expect(await sync()).toMatchObject({ outcome: 'synced', source: 'fakestore', ...counts });
    const products = (await stored()).filter(({ source }) => source === 'fakestore');
    const cents = new Map(products.map(({ externalId, priceMinor }) => [externalId, priceMinor]));
    expect([cents.get('1'), cents.get('2'), cents.get('5'), cents.get('18')]).toEqual([10_995, 2_230, 69_500, 985]);
    expect(products.every(({ currency, stock }) => currency === 'USD' && stock === null)).toBe(true);

    const announced = await events();
    expect(announced.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 20 }, () => 'product.created'),
      'product.synced',
    ]);
    expect(announced[0]?.subject).toBe(String(products[0]?.id));
    expect(JSON.parse(announced[0]?.data ?? '')).toMatchObject({ product_id: products[0]?.id, price: 109.95 });
    expect(announced.at(-1)?.subject).toBe('fakestore');
  });

  it('stores DummyJSON’s thirty beside them, with the stock it starts with', async () => {
    feed.answerWith(sendJson(recorded.fakestore));
    await sync();
    feed.answerWith(sendPages(recorded.dummyjson.products));
    expect(await sync()).toMatchObject({ source: 'dummyjson', created: 30, unchanged: 0 });
    expect(await stored()).toHaveLength(2 + 20 + 30);
    const [mascara] = (await stored()).filter(({ source, externalId }) => source === 'dummyjson' && externalId === '1');
    expect(mascara).toMatchObject({ priceMinor: 999, stock: 99, ratingRate: 2.56, ratingCount: 3 });
  });

  it.each([
    ['FakeStore’s twenty', 20, sendJson(recorded.fakestore)],
    ['DummyJSON’s thirty', 30, sendPages(recorded.dummyjson.products)],
  ])('a second run over %s writes nothing and says so', async (_name, count, answer) => {
    feed.answerWith(answer);
    await sync();
    await events();
    const before = await stored();
    expect(await sync()).toMatchObject({ created: 0, updated: 0, unchanged: count });
    expect(await stored()).toEqual(before);
    expect((await events()).map(({ type }) => type)).toEqual(['product.synced']);
  });

  it('updates what the feed says differently, and names what changed', async () => {
    feed.answerWith(sendJson([lamp(1), lamp(2)]));
    await sync();
    await events();
    feed.answerWith(sendJson([lamp(3), lamp(1), lamp(2, { price: 2.5, category: 'lamps' })]));
    expect(await sync()).toMatchObject({
      created: 1,
      updated: 1,
      unchanged: 1,
      changes: [
        { kind: 'updated', was: { price: 2, currency: 'USD', category: null }, is: { price: 2.5, category: 'lamps' } },
        { kind: 'created', title: 'Lamp 3', was: {}, is: { price: 3, currency: 'USD' } },
      ],
    });
    const [updated] = await events();
    expect(updated).toMatchObject({ type: 'product.updated', version: '2' });
    expect(JSON.parse(updated?.data ?? '')).toMatchObject({ price: 2.5, changed: ['category', 'price'] });
  });

  it('deletes nothing on a short answer', async () => {
    feed.answerWith(sendJson([lamp(1), lamp(2), lamp(3)]));
    await sync();
    feed.answerWith(sendJson([lamp(2)]));
    expect(await sync()).toMatchObject({ unchanged: 1 });
    expect((await stored()).filter(({ source }) => source === 'fakestore')).toHaveLength(3);
  });

  it('does not bring back what was deleted here', async () => {
    feed.answerWith(sendJson([lamp(1)]));
    await sync();
    const lampId = (await productOf('1'))?.id;
    expect((await api.send('DELETE', `/products/${lampId}`, { as: 'admin' })).status).toBe(204);
    feed.answerWith(sendJson([lamp(1, { price: 9 })]));
    expect(await sync()).toMatchObject({ created: 0, updated: 0, deleted: 1 });
    expect((await api.send('GET', `/products/${lampId}`)).status).toBe(404);
  });

  it('leaves edits made here until the feed says something new, and stock for ever', async () => {
    feed.answerWith(sendJson([lamp(1, { stock: 9 })]));
    await sync();
    const lampId = (await productOf('1'))?.id;
    await api.send('PATCH', `/products/${lampId}`, { as: 'admin', body: { price: 7.5, stock: 4 } });
    expect(await sync()).toMatchObject({ unchanged: 1 });
    expect(await productOf('1')).toMatchObject({ priceMinor: 750, stock: 4 });
    feed.answerWith(sendJson([lamp(1, { stock: 50, title: 'A lamp' })]));
    expect(await sync()).toMatchObject({ updated: 1 });
    expect(await productOf('1')).toMatchObject({ priceMinor: 750, stock: 4, title: 'A lamp' });
    feed.answerWith(sendJson([lamp(1, { price: 2, title: 'A lamp' })]));
    expect(await sync()).toMatchObject({ updated: 1 });
    expect(await productOf('1')).toMatchObject({ priceMinor: 200, stock: 4, title: 'A lamp' });
  });

  const said = {
    title: 'Lamp',
    price: 1,
    description: 'It glows.',
    category: 'lamps',
    image: 'https://shop.example/1.png',
    rating: { rate: 4, count: 10 },
  };
  const edits = {
    title: 'Ours',
    price: 7.5,
    description: 'Ours too.',
    category: 'light',
    image: 'https://ours.example/1.png',
  };
  const news = {
    title: 'Lamp, new',
    price: 2,
    description: 'It glows more.',
    category: 'lighting',
    image: 'https://shop.example/2.png',
    rating: { rate: 4, count: 11 },
  } as const;
  it.each(Object.entries(news))(
    'of all that was edited here, a new %s of the feed changes only that',
    async (field, value) => {
      feed.answerWith(sendJson([{ id: 1, ...said }]));
      await sync();
      const lampId = (await productOf('1'))?.id;
      const view = async () => (await api.send('GET', `/products/${lampId}`)).json();
      await api.send('PATCH', `/products/${lampId}`, { as: 'admin', body: edits });
      await events();
      for (const updated of [1, 0]) {
        feed.answerWith(sendJson([{ id: 1, ...said, [field]: value }]));
        expect(await sync()).toMatchObject({ updated, unchanged: 1 - updated });
        expect(await view()).toMatchObject({ ...edits, rating: said.rating, [field]: value });
      }
      const [first] = (await events()).filter(({ type }) => type === 'product.updated');
      expect(JSON.parse(first?.data ?? '')).toMatchObject({
        changed: [field],
        title: field === 'title' ? value : edits.title,
      });
    },
  );

  it('a price is one with its currency: the feed’s new price is in the feed’s currency', async () => {
    feed.answerWith(sendJson([lamp(1)]));
    await sync();
    const lampId = (await productOf('1'))?.id;
    await api.send('PATCH', `/products/${lampId}`, { as: 'admin', body: { price: 900, currency: 'JPY' } });
    feed.answerWith(sendJson([lamp(1, { category: 'lamps' })]));
    await sync();
    expect(await productOf('1')).toMatchObject({ priceMinor: 900, currency: 'JPY', category: 'lamps' });
    feed.answerWith(sendJson([lamp(1, { category: 'lamps', price: 3 })]));
    await sync();
    expect(await productOf('1')).toMatchObject({ priceMinor: 300, currency: 'USD' });
  });

  it('rows of a version that knew only whether all is the same learn its parts, and lose no edit by it', async () => {
    feed.answerWith(sendJson([lamp(1)]));
    await sync();
    const product = await productOf('1');
    await api.send('PATCH', `/products/${product?.id}`, { as: 'admin', body: { price: 7.5 } });
    await api.ctx.orm.em.fork().nativeUpdate(Product, { id: product?.id ?? 0 }, { feedSaid: null });
    expect(await sync()).toMatchObject({ unchanged: 1 });
    feed.answerWith(sendJson([lamp(1, { title: 'A lamp' })]));
    expect(await sync()).toMatchObject({ updated: 1 });
    expect(await productOf('1')).toMatchObject({ priceMinor: 750, title: 'A lamp' });
  });

  it.each(Object.keys(noFeed))('a feed that is %s changes nothing', async (name) => {
    feed.answerWith(sendJson([lamp(1)]));
    await sync();
    await events();
    const before = await stored();
    feed.answerWith(noFeed[name] ?? sendJson([lamp(5)]));
    if (name === 'no answer at all') tryMs = 300;
    await expect(sync()).rejects.toThrow(GiveUp);
    expect(await stored()).toEqual(before);
    expect(await events()).toEqual([]);
  });

  it.each(Object.keys(noProduct))('a feed with one row that has or is %s is stored without it', async (name) => {
    await events();
    feed.answerWith(sendJson([lamp(1), lamp(2), noProduct[name], lamp(3)]));
    expect(await sync()).toMatchObject({ created: 3, updated: 0, unchanged: 0, deleted: 0 });
    expect((await stored()).flatMap(({ externalId }) => externalId ?? [])).toEqual(['1', '2', '3']);
    feed.answerWith(sendJson([noProduct[name]]));
    await expect(sync()).rejects.toThrow(GiveUp);
  });

  it('an image or a rating that is none is null, and the product is stored all the same', async () => {
    feed.answerWith(sendJson([lamp(1, { image: 'javascript:alert(1)', rating: { rate: 'good', count: 1 } }), lamp(2)]));
    expect(await sync()).toMatchObject({ created: 2 });
    expect(await productOf('1')).toMatchObject({ image: null, ratingRate: null, ratingCount: null, priceMinor: 100 });
  });

  it('reads the feed once a minute unless forced; the same job may go on', async () => {
    feed.answerWith(sendJson([lamp(1)]));
    expect(await sync({ force: false }, 'first')).toMatchObject({ outcome: 'synced' });
    expect(await sync({ force: false }, 'second')).toEqual({ outcome: 'recent' });
    expect(feed.calls()).toBe(1);
    expect(await sync({ force: false }, 'first')).toMatchObject({ outcome: 'synced', unchanged: 1 });
    expect(await sync({ force: true }, 'third')).toMatchObject({ outcome: 'synced', unchanged: 1 });
    expect(feed.calls()).toBe(3);
    expect(await api.ctx.redis.ttl('catalog:last-sync')).toBeGreaterThan(30);
  });

  it('stores 1,000 products in batches, and goes on where a run before has stopped', async () => {
    const lamps = Array.from({ length: 1_000 }, (_, index) => lamp(index + 1));
    feed.answerWith(sendJson(lamps.slice(0, 250)));
    await sync();
    feed.answerWith(sendJson(lamps));
    const rows: number[] = [];
    const report: Attempt['report'] = ({ done }) => void rows.push(done);
    expect(await sync({ force: true }, undefined, report)).toMatchObject({ created: 750, unchanged: 250 });
    expect(rows).toEqual(Array.from({ length: 11 }, (_, batch) => batch * 100));
  });

  it('leaves out prices of which an order could not be counted, or that could never be charged', async () => {
    const prices = [9.99, 0.001, 1e10, 1e10 + 1, 1e12, 1e300];
    feed.answerWith(sendJson(prices.map((price, at) => lamp(at + 1, { price }))));
    expect(await sync()).toMatchObject({ outcome: 'synced', created: 2 });
    const priced = async () => (await stored()).filter(({ source }) => source !== 'local').map((row) => row.priceMinor);
    expect(await priced()).toEqual([999, 1_000_000_000_000]);
    const { ctx } = api;
    const limits = () => ({ stepMinor: 1, leastMinor: 50, mostMinor: 99_999_999 });
    const gateways = gatewaysOf(ctx.payments.gateways.current, [
      { ...ctx.payments.gateways.named(ctx.payments.gateways.current), limits },
    ]);
    await ctx.orm.em.fork().nativeDelete(Product, { source: { $ne: 'local' } });
    await performJob(
      syncProducts,
      { force: true },
      {
        ...ctx.jobs.fork(),
        payments: { ...ctx.payments, gateways },
        catalog: { ...ctx.catalog, productFeed: openProductFeed(feed.url, () => {}, { tryMs }) },
      },
    );
    expect(await priced()).toEqual([999]);
  });
});
