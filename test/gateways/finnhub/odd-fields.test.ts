import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProductFeed } from '../../../src/gateways/feeds/product-feed.ts';
import { type FeedServer, recorded as feeds, sendJson, startFeed } from '../../support/upstreams/feed-server.ts';
import { type Client, openProvider, type Provider, recorded, says } from '../../support/upstreams/finnhub-provider.ts';

let provider: Provider;
let feed: FeedServer;
let oddInFeed: string[] = [];
beforeAll(async () => {
  [provider, feed] = [await openProvider(), await startFeed()];
});
afterAll(async () => {
  await Promise.all([provider.close(), feed.stop()]);
});

type Json = Readonly<Record<string, unknown>>;

/** What a field may be that it should not be; `gone` takes it away. */
const gone = Symbol('gone');
const oddities: readonly unknown[] = [
  gone,
  null,
  '',
  'x'.repeat(20_000),
  'a text',
  -1,
  1.5,
  1e300,
  true,
  [],
  ['a'],
  {},
  { a: 1 },
];

function changed(item: Json, field: string, odd: unknown): Json {
  const { [field]: _, ...others } = item;
  return odd === gone ? others : { ...others, [field]: odd };
}

const finnhub = async (body: unknown, call: (client: Client, signal: AbortSignal) => Promise<unknown>) => {
  provider.answers(says(200, JSON.stringify(body)));
  return call(provider.client({}, 'k'), AbortSignal.timeout(60_000)).catch(() => 'a fault');
};
const asObject = (made: unknown): Json => (typeof made === 'object' && made !== null ? { ...made } : { made });
const asList = (made: unknown): Json[] => (Array.isArray(made) ? made.map(asObject) : []);
const parsed = (name: string): unknown => JSON.parse(recorded(name));
const product = async (body: readonly unknown[]) => {
  oddInFeed = [];
  feed.answerWith(sendJson(body));
  const opened = openProductFeed(feed.url, (_answer, what) => void oddInFeed.push(what));
  return (await opened.list(AbortSignal.timeout(60_000))).products.map(asObject);
};

/** Objects that the provider answers by themselves; a required field that does not fit is a fault of the answer. */
const objects = [
  {
    name: 'quote',
    good: asObject(parsed('quote-AAPL')),
    required: ['c', 't'],
    read: (body: Json) => finnhub(body, (client, signal) => client.quote('AAPL', signal)),
  },
  {
    name: 'profile2',
    good: asObject(parsed('profile2-AAPL')),
    required: ['ticker', 'name'],
    read: (body: Json) => finnhub(body, (client, signal) => client.company('AAPL', signal)),
  },
] as const;

describe.each(objects)('$name', ({ good, required, read }) => {
  const optional = Object.keys(good).filter((field) => !required.some((one) => one === field));

  it.each(optional)('with an odd %s is read, all but that', async (field) => {
    const { [field]: _, ...expected } = asObject(await read(good));
    for (const odd of oddities) {
      const made = asObject(await read(changed(good, field, odd)));
      const what = [field, String(odd).slice(0, 20)];
      expect([what, made]).toEqual([what, { ...expected, [field]: made[field] }]);
      // What is none is not known; what could be one is taken for it.
      if (made[field] !== null) expect(made[field]).toBe(odd);
    }
  });

  it.each(required)('without a %s that fits is a fault', async (field) => {
    for (const odd of [gone, null, '', -1, true, [], {}])
      expect([field, odd, await read(changed(good, field, odd))]).toEqual([field, odd, 'a fault']);
  });
});

/** Lists, with some recorded items; an item without a required field that fits is left out. */
const holidays = asList(asObject(parsed('market-holiday-US'))['data']).slice(0, 3);
const lists = [
  {
    name: 'company-news',
    items: asList(parsed('company-news-AAPL')).slice(0, 3),
    required: ['id', 'datetime', 'headline'],
    read: async (body: readonly unknown[]) =>
      asList(await finnhub(body, (client, signal) => client.news('AAPL', '2026-01-01', '2026-01-02', signal))),
    odd: () => provider.odd(),
  },
  {
    name: 'search',
    items: asList(asObject(parsed('search-apple'))['result']).slice(0, 3),
    required: ['symbol'],
    read: async (result: readonly unknown[]) =>
      asList(await finnhub({ count: 3, result }, (client, signal) => client.search('apple', signal))),
    odd: () => provider.odd(),
  },
  {
    name: 'market-holiday',
    items: holidays,
    required: ['atDate', 'tradingHour'],
    read: async (data: readonly unknown[]) =>
      asList(await finnhub({ data, exchange: 'US' }, (client, signal) => client.holidays(signal))),
    odd: () => provider.odd(),
  },
  {
    name: 'the feed of FakeStore',
    items: feeds.fakestore.slice(0, 3).map(asObject),
    required: ['id', 'title', 'price'],
    read: product,
    odd: () => oddInFeed,
  },
  {
    name: 'the feed of DummyJSON',
    items: feeds.dummyjson.products.slice(0, 3).map(asObject),
    required: ['id', 'title', 'price'],
    read: product,
    odd: () => oddInFeed,
  },
] as const;

describe.each(lists)('$name', ({ items, required, read, odd: left }) => {
  const [first = {}, second = {}, third = {}] = items;
  const optional = [...new Set(items.flatMap((item) => Object.keys(item)))].filter(
    (field) => !required.some((one) => one === field),
  );

  it.each(optional)('with an item whose %s is odd has that item, and the others as they are', async (field) => {
    const good = await read(items);
    for (const odd of oddities) {
      const made = await read([first, changed(second, field, odd), third]);
      expect([field, odd, made.length]).toEqual([field, odd, 3]);
      expect([made[0], made[2]]).toEqual([good[0], good[2]]);
      expect(Object.keys(made[1] ?? {})).toEqual(Object.keys(good[1] ?? {}));
    }
  });

  it.each(required)('with an item without a %s that fits has the others as they are, and tells', async (field) => {
    const good = await read(items);
    for (const odd of [gone, null, true, [], {}]) {
      expect([field, odd, await read([first, changed(second, field, odd), third])]).toEqual([
        field,
        odd,
        [good[0], good[2]],
      ]);
      expect(left().length).toBe(1);
    }
  });

  it('with items that are none has the others as they are', async () => {
    const good = await read(items);
    for (const odd of [null, '', 'x', 1, true, [], {}])
      expect(await read([first, odd, third])).toEqual([good[0], good[2]]);
  });
});

it('rates: each that is none is left out, the others are as they are', async () => {
  const sample = asObject(parsed('forex-rates-USD-sample'));
  const quote = asObject(sample['quote']);
  const read = (rates: Json) => finnhub({ ...sample, quote: rates }, (client, signal) => client.forex('USD', signal));
  const good = asObject(await read(quote));
  for (const odd of [gone, null, '', 'x', -1, 0, 1e-300, 1e300, true, [], {}]) {
    const { EUR: _, ...others } = good;
    expect([odd, await read(changed(quote, 'EUR', odd))]).toEqual([odd, others]);
  }
});

it('market-status: what is not said in a word is a fault', async () => {
  const status = asObject(parsed('market-status-US'));
  for (const field of Object.keys(status).filter((name) => name !== 'isOpen'))
    for (const odd of oddities)
      expect(await finnhub(changed(status, field, odd), (client, signal) => client.isMarketOpen(signal))).toBeTypeOf(
        'boolean',
      );
  for (const odd of [gone, null, '', 'true', 1, [], {}])
    expect(await finnhub(changed(status, 'isOpen', odd), (client, signal) => client.isMarketOpen(signal))).toBe(
      'a fault',
    );
});
