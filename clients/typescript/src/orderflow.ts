import { type Ask, type Asking, type Input, openAsk } from './ask.ts';
import { byLogin, fixedKey } from './credentials.ts';
import { follow, type Followed, type Following, type Opened } from './follow.ts';
import { operations, type Operations, type Order } from './generated/api.ts';
import type { AlertsEvent, MarketEvent, OrdersEvent } from './generated/events.ts';
import { openSend } from './send.ts';
import { assume } from './trust.ts';
import { watchOrder, type Watching } from './watch-order.ts';

export type { Asking } from './ask.ts';
export type { Followed, Following, Gap } from './follow.ts';
export type * from './generated/api.ts';
export type * from './generated/events.ts';
export { NoAnswer, Refused } from './refusals.ts';
export type { Watching } from './watch-order.ts';

/** Where the API is, and who asks: a key, a login, or nobody. In a browser nobody is whoever has logged in there. */
export type Settings = Readonly<{
  /** Such as `https://shop.example`. Default: where the page came from. */
  url?: string | undefined;
  /** An API key or any other bearer token. */
  key?: string | undefined;
  login?: Readonly<{ email: string; password: string }> | undefined;
  /** What sends the requests. Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}>;

type Name = keyof Operations;
/** An input of which nothing is needed may be left out. */
type Ways<N extends Name> = undefined extends Operations[N]['input']
  ? [input?: Operations[N]['input'], asking?: Asking]
  : [input: Operations[N]['input'], asking?: Asking];
/** A function an operation. */
type Calls = { readonly [N in Name]: (...ways: Ways<N>) => Promise<Operations[N]['answer']> };
/** The operations that answer a page of a list. */
type ListName = { [N in Name]: Operations[N]['answer'] extends Page ? N : never }[Name];
type Page = Readonly<{ data: readonly unknown[]; next_cursor: string | null }>;

/** The newest trade of a symbol, as it happens; for who asks for the type `tick` of some symbols. It is not stored. */
export type Tick = Readonly<{
  id: string;
  type: 'tick';
  time: string;
  subject: string;
  /** Price `p`, volume `v`, and when, ms. */
  data: Readonly<{ symbol: string; p: number; v: number; t: number }>;
}>;

/** Every operation of the API as a function, and what takes more than one request. */
export type Orderflow = Calls &
  Readonly<{
    /** What happens to one's own orders, as it happens; everybody's, for administrators. */
    followOrders(following?: Following & { all?: boolean }): AsyncGenerator<Followed<OrdersEvent>, void>;
    /** Market data as it is stored: all, or of these symbols and types. */
    followMarket(
      following?: Following & { symbols?: readonly string[]; types?: readonly (MarketEvent | Tick)['type'][] },
    ): AsyncGenerator<Followed<MarketEvent | Tick>, void>;
    /** One's own alerts, as they fire. */
    followAlerts(following?: Following): AsyncGenerator<Followed<AlertsEvent>, void>;
    /** An order as it is and becomes, until it is paid, or its payment has failed, or it is cancelled. */
    watchOrder(id: string, watching?: Watching): AsyncGenerator<Order, void>;
    /** Everything that is on a list, page by page. */
    all<N extends ListName>(
      name: N,
      input?: Operations[N]['input'],
      asking?: Asking,
    ): AsyncGenerator<Operations[N]['answer']['data'][number], void>;
  }>;

/** Opens a client. It connects when it is first asked for something. */
export function openOrderflow({ url = '', key, login, fetch = globalThis.fetch }: Settings = {}): Orderflow {
  const anonymously = openSend(url, fixedKey(undefined), fetch);
  const logIn = async (body: NonNullable<typeof login>) => {
    // Whoever needs the token asks for another login as long as its own patience lasts.
    const granted = await openAsk(anonymously)(operations.login, { body }, { patienceMs: 0 });
    assume<Operations['login']['answer']>(granted);
    return granted.access_token;
  };
  const send = openSend(url, login ? byLogin(() => logIn(login)) : fixedKey(key), fetch);
  const ask = openAsk(send);
  const calls: unknown = Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      (input?: Input, asking?: Asking) => ask(operation, input, asking),
    ]),
  );
  assume<Calls>(calls);
  return {
    ...calls,
    followOrders: ({ all, ...following } = {}) =>
      eventsOf(follow<OrdersEvent>(send, pathOf('/streams/orders', { all: all && 'true' }), following)),
    followMarket: ({ symbols, types, ...following } = {}) =>
      eventsOf(
        follow<MarketEvent | Tick>(
          send,
          pathOf('/streams/market', { symbols: symbols?.join(), types: types?.join() }),
          following,
        ),
      ),
    followAlerts: (following = {}) => eventsOf(follow<AlertsEvent>(send, '/streams/alerts', following)),
    watchOrder: (id, watching = {}) => watchOrder(ask, send, id, watching),
    all: (name, input, asking) => everyOf(ask, name, input, asking),
  };
}

async function* eventsOf<Event>(all: AsyncGenerator<Followed<Event> | Opened>): AsyncGenerator<Followed<Event>, void> {
  for await (const news of all) if (!isOpened(news)) yield news;
}

function isOpened<Event>(news: Followed<Event> | Opened): news is Opened {
  return 'type' in news && news.type === 'opened';
}

async function* everyOf<N extends ListName>(
  ask: Ask,
  name: N,
  input: Input = {},
  asking: Asking = {},
): AsyncGenerator<Operations[N]['answer']['data'][number], void> {
  let cursor: string | null | undefined;
  do {
    // Events are gone on with by the last one's id.
    const place = name === 'listEvents' ? 'after' : 'cursor';
    const page = await ask(operations[name], { limit: 100, ...input, ...(cursor && { [place]: cursor }) }, asking);
    assume<Operations[N]['answer']>(page);
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}

function pathOf(path: string, parameters: Readonly<Record<string, string | false | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}
