import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { z } from 'zod';

/** Answers one request for the feed; `query` is what was asked. */
export type FeedAnswer = (response: ServerResponse, query: URLSearchParams) => void;

/** A product feed that answers as a test says. */
export type FeedServer = Readonly<{
  url: string;
  answerWith(answer: FeedAnswer): void;
  /** How many requests have come since the last `answerWith`. */
  calls(): number;
  stop(): Promise<void>;
}>;

/** Starts a feed on a free port; until told otherwise it sends FakeStore's recorded twenty. */
export async function startFeed(): Promise<FeedServer> {
  let answer = sendJson(recorded.fakestore);
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    answer(response, new URL(request.url ?? '/', 'http://feed').searchParams);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    url: `http://127.0.0.1:${address.port}/products`,
    answerWith(next) {
      answer = next;
      calls = 0;
    },
    calls: () => calls,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const Products = z.array(z.looseObject({ id: z.int(), title: z.string(), price: z.number() }));
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../recorded/fakestore/${name}`, import.meta.url), 'utf8'));

/** What the two public feeds have sent. */
export const recorded = {
  fakestore: Products.parse(read('products.json')),
  dummyjson: z.looseObject({ products: Products }).parse(read('dummyjson-products-first30.json')),
};

/** Sends a body as JSON, whatever was asked. */
export function sendJson(body: unknown): FeedAnswer {
  return sendText(JSON.stringify(body), 'application/json');
}

/** Sends a text. */
export function sendText(text: string, type = 'text/html', status = 200): FeedAnswer {
  return (response) => void response.writeHead(status, { 'content-type': type }).end(text);
}

/** Sends pages of these products in DummyJSON's envelope, thirty unless the request says how many. */
export function sendPages(products: readonly unknown[]): FeedAnswer {
  return (response, query) => {
    const skip = Number(query.get('skip') ?? 0);
    const page = products.slice(skip, skip + Number(query.get('limit') ?? 30));
    sendJson({ products: page, total: products.length, skip, limit: page.length })(response, query);
  };
}

/** Answers that are no feed, by what is wrong with them. */
export const noFeed: Readonly<Record<string, FeedAnswer>> = {
  'a page for browsers': sendText('<!doctype html><title>Just a moment…</title>'),
  'an error page': sendText('<html><title>522: Connection timed out</title></html>', 'text/html', 522),
  nothing: sendText('', 'application/json'),
  'an empty list': sendJson([]),
  'an empty envelope': sendJson({ products: [], total: 0, skip: 0, limit: 0 }),
  null: sendJson(null),
  'a message': sendJson({ message: 'Not found' }),
  'a truncated list': sendText(JSON.stringify(recorded.fakestore).slice(0, -200), 'application/json'),
  'a connection that breaks off': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9000' });
    response.write('[{"id":1,', () => response.destroy());
  },
  'no answer at all': () => {},
  '100 MB': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    const chunk = Buffer.alloc(1_000_000, ' ');
    let left = 100;
    const more = () => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end(']');
    };
    more();
  },
};

/** Rows that are no product, by what is wrong with them. */
export const noProduct: Readonly<Record<string, unknown>> = {
  'no id': { title: 'Lamp', price: 5 },
  'no title': { id: 99, title: '  ', price: 5 },
  'a title of 301 characters': { id: 99, title: 'x'.repeat(301), price: 5 },
  'no price': { id: 99, title: 'Lamp' },
  'a price in words': { id: 99, title: 'Lamp', price: '5.00' },
  'a price below nothing': { id: 99, title: 'Lamp', price: -1 },
  'a price of nothing': { id: 99, title: 'Lamp', price: 0 },
  'a price with a fraction of a cent': { id: 99, title: 'Lamp', price: 5.005 },
  'a price beyond counting': { id: 99, title: 'Lamp', price: 1e300 },
  null: null,
  'a list': [],
};
