import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GiveUp } from '../../../src/errors.ts';
import { openProductFeed } from '../../../src/gateways/feeds/product-feed.ts';
import { patienceMs } from '../../support/processes/process.ts';
import {
  type FeedServer,
  noFeed,
  noProduct,
  recorded,
  sendJson,
  sendPages,
  sendText,
  startFeed,
} from '../../support/upstreams/feed-server.ts';

let server: FeedServer;
beforeAll(async () => {
  server = await startFeed();
});
afterAll(() => server.stop());

let odd: string[] = [];
const list = (query = '', tryMs = 60_000) => {
  odd = [];
  return openProductFeed(server.url + query, (_answer, what) => void odd.push(what), { tryMs }).list(
    AbortSignal.timeout(patienceMs),
  );
};
const lamp = (id: number, more = {}) => ({ id, title: `Lamp ${id}`, price: id, ...more });
const lamps = (count: number) => Array.from({ length: count }, (_, index) => lamp(index + 1));

describe('a product feed', () => {
  it('of FakeStore is read whole: twenty, with titles trimmed', async () => {
    server.answerWith(sendJson(recorded.fakestore));
    const { source, products } = await list();
    expect(source).toBe('fakestore');
    expect(products).toHaveLength(20);
    expect(products[1]).toMatchObject({
      externalId: '2',
      title: 'Mens Casual Premium Slim Fit T-Shirts',
      price: 22.3,
      category: "men's clothing",
      image: recorded.fakestore[1]?.['image'],
      rating: { rate: 4.1, count: 259 },
      stock: null,
    });
    expect(products.filter(({ title }) => title !== title.trim())).toEqual([]);
  });

  it('of DummyJSON is read whole: thirty, a bare rating counted by its reviews, a thumbnail for an image', async () => {
    server.answerWith(sendPages(recorded.dummyjson.products));
    const { source, products } = await list();
    expect(source).toBe('dummyjson');
    expect(products).toHaveLength(30);
    expect(products[0]).toMatchObject({ externalId: '1', price: 9.99, rating: { rate: 2.56, count: 3 }, stock: 99 });
    expect(products[0]?.image).toMatch(/thumbnail\.webp$/);
  });

  it('is read page after page until its total', async () => {
    server.answerWith(sendPages(lamps(194)));
    expect((await list()).products.map(({ price }) => price)).toEqual(lamps(194).map(({ price }) => price));
    expect(server.calls()).toBe(3);
  });

  it('is read to the page that its address names, and no further', async () => {
    server.answerWith(sendPages(lamps(194)));
    expect((await list('?limit=10&skip=5')).products.map(({ externalId }) => Number(externalId))).toEqual(
      lamps(15)
        .slice(5)
        .map(({ id }) => id),
    );
    expect(server.calls()).toBe(1);
  });

  it('that does not page, or ends before its total, is what it has sent', async () => {
    server.answerWith(sendJson(recorded.dummyjson));
    expect((await list()).products).toHaveLength(30);
    expect(server.calls()).toBe(2);
    server.answerWith((response, query) => {
      const skip = Number(query.get('skip') ?? 0);
      sendJson({ products: skip === 0 ? lamps(3) : [], total: 99, skip, limit: 3 })(response, query);
    });
    expect((await list()).products).toHaveLength(3);
  });

  it('is read up to 5,000 products', async () => {
    server.answerWith(sendPages(lamps(6_000)));
    expect((await list()).products).toHaveLength(5_000);
  });

  it('may repeat a row; rows that contradict each other are left out', async () => {
    server.answerWith(sendJson([lamp(1), lamp(2), lamp(1)]));
    expect((await list()).products).toHaveLength(2);
    expect(odd).toEqual([]);
    server.answerWith(sendJson([lamp(1), lamp(2), lamp(1, { price: 7 })]));
    expect((await list()).products.map(({ externalId }) => externalId)).toEqual(['2']);
    expect(odd).toEqual(['product']);
  });

  it('gets a second try, and no third', async () => {
    let tries = 0;
    server.answerWith((response, query) => {
      tries += 1;
      (tries === 1 ? sendText('busy', 'text/plain', 503) : sendJson(recorded.fakestore))(response, query);
    });
    expect((await list()).products).toHaveLength(20);
    server.answerWith(sendText('busy', 'text/plain', 503));
    await expect(list()).rejects.toThrow(GiveUp);
    expect(server.calls()).toBe(2);
  });

  it.each(Object.keys(noFeed))('that is %s is given up', async (name) => {
    server.answerWith(noFeed[name] ?? sendJson(recorded.fakestore));
    await expect(list('', name === 'no answer at all' ? 300 : undefined)).rejects.toThrow(GiveUp);
  });

  it('that breaks on its second page is given up', async () => {
    server.answerWith((response, query) =>
      (query.has('skip') ? sendText('<html>') : sendPages(lamps(50)))(response, query),
    );
    await expect(list()).rejects.toThrow('without JSON');
  });

  // What its price is in cents is looked at where cents are made.
  const shapes = Object.keys(noProduct).filter((name) => !name.includes('cent') && !name.includes('counting'));
  it.each(shapes)('with a row that has or is %s is read without that row, which is told', async (name) => {
    server.answerWith(sendJson([...lamps(3), noProduct[name]]));
    expect((await list()).products.map(({ externalId }) => externalId)).toEqual(['1', '2', '3']);
    expect(odd).toEqual(['product']);
    server.answerWith(sendJson([noProduct[name]]));
    await expect(list()).rejects.toThrow(GiveUp);
  });

  it('that nobody has named is given up without a call', async () => {
    await expect(openProductFeed(undefined, () => {}).list(AbortSignal.timeout(100))).rejects.toThrow(
      'PUBLIC_PRODUCT_API',
    );
  });

  it('that is cut off from outside is not given up, so that it is tried again', async () => {
    server.answerWith(() => {});
    const reading = openProductFeed(server.url, () => {}).list(AbortSignal.timeout(50));
    await expect(reading).rejects.not.toThrow(GiveUp);
  });
});
