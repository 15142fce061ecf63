import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { crypto } from '../../market/data/crypto.market.ts';
import { copyName } from '../../market/market-data.ts';
import { subjectsOf, Symbol } from '../../market/symbol.ts';
import { alerts } from '../../streams/alerts.stream.ts';
import { market } from '../../streams/market.stream.ts';
import { orders } from '../../streams/orders.stream.ts';
import { streamId } from '../../streams/entry.ts';
import type { Following } from '../../streams/subscription.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { answerEvents } from './event-stream.ts';
import type { TickSubscription } from '../callers/tick-followers.ts';
import { tickType } from './tick-frame.ts';
import { exampleAlertEvent, exampleOrderEvent, exampleQuoteEvent } from '../docs/examples.ts';
import { principalOf } from '../callers/principal.ts';

const mostClients = 5_000;
const ofStrangers = 'address ';
const headers = z.object({
  'last-event-id': z
    .union([z.literal(''), z.string().regex(streamId, 'must be the id of an event of this stream')])
    .transform((id) => id || undefined)
    .optional()
    .openapi({
      description: 'The last event seen; what came after it follows, with nothing missed and nothing twice.',
      example: '1795348800000-0',
    }),
});
function eventStream(example: string) {
  return {
    200: { description: 'Events, without end.', content: { 'text/event-stream': { schema: z.string(), example } } },
    503: { description: 'unavailable' },
  };
}

const orderEvents = defineRoute(
  'user',
  {
    method: 'get',
    path: '/streams/orders',
    operationId: 'followOrders',
    summary: "Everything that happens to one's own orders, as it happens.",
    tags: ['streams'],
    request: {
      headers,
      query: z.object({
        all: z.stringbool().optional().openapi({ description: "Everybody's; for administrators.", example: 'false' }),
      }),
    },
    responses: { ...eventStream(exampleOrderEvent), 403: { description: 'forbidden' } },
  },
  (c) => {
    const { userId, role } = principalOf(c);
    const isForAll = c.req.valid('query').all === true;
    if (isForAll && role !== 'admin')
      throw new Problem('forbidden', "Everybody's orders are for administrators; leave out all=true.");
    return follow(c, orders.name, {
      after: c.req.valid('header')['last-event-id'],
      accepts: ({ data }) => isForAll || data['user_id'] === userId,
    });
  },
);

const alertEvents = defineRoute(
  'user',
  {
    method: 'get',
    path: '/streams/alerts',
    operationId: 'followAlerts',
    summary: "One's own alerts, as they fire.",
    tags: ['streams'],
    request: { headers },
    responses: eventStream(exampleAlertEvent),
  },
  (c) => {
    const { userId } = principalOf(c);
    return follow(c, alerts.name, {
      after: c.req.valid('header')['last-event-id'],
      accepts: ({ data }) => data['user_id'] === userId,
    });
  },
);

const list = z
  .string()
  .max(2_000)
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

const marketEvents = defineRoute(
  'public',
  {
    method: 'get',
    path: '/streams/market',
    operationId: 'followMarket',
    summary: 'Market data as it is stored; all of it, or only some symbols and types.',
    tags: ['streams'],
    request: {
      headers,
      query: z.object({
        symbols: list.pipe(z.array(Symbol).max(50)).optional().openapi({ type: 'string', example: 'AAPL,MSFT' }),
        types: list.pipe(z.array(z.string()).max(20)).optional().openapi({ type: 'string', example: 'quote.updated' }),
      }),
    },
    responses: eventStream(exampleQuoteEvent),
  },
  (c) => {
    const { symbols = [], types = [] } = c.req.valid('query');
    refuseUnknownTypes(c, types);
    const subjects = new Set(symbols.flatMap(subjectsOf));
    const pairs = [...subjects].filter((subject) => !symbols.includes(subject));
    const following: Following = {
      after: c.req.valid('header')['last-event-id'],
      accepts: ({ subject, type }) =>
        (subjects.size === 0 || subjects.has(subject)) && (types.length === 0 || types.includes(type)),
    };
    const isLooking = subjects.size > 0 && c.var.ctx.config.tradeSocketUrl !== undefined;
    const look = async () => {
      const known = await withPrice(c, pairs);
      const looked = [...new Set([...symbols, ...known])];
      return c.var.tickFollowers.open({ symbols: looked, subjects: [...subjects], hasTicks: types.includes(tickType) });
    };
    return follow(c, market.name, following, isLooking ? look : undefined);
  },
);

/** Those of which a price is stored here: nobody knows that there is any other, and few symbols can be followed. */
async function withPrice(c: HonoContext<RouteEnv>, pairs: readonly string[]): Promise<readonly string[]> {
  if (pairs.length === 0) return [];
  const names = pairs.map((symbol) => copyName(crypto, { symbol }));
  // Without Redis there are no ticks anyway.
  const copies = await c.var.ctx.market.cache.readAll(names).catch(() => []);
  return pairs.filter((_, index) => copies[index] !== undefined);
}

function refuseUnknownTypes(c: HonoContext<RouteEnv>, types: readonly string[]): void {
  const { events } = c.var.ctx.jobs.definitions;
  const unknown = types.filter((type) => type !== tickType && events.get(type)?.stream.name !== market.name);
  if (unknown.length === 0) return;
  const errors = unknown.map((type) => ({ pointer: 'types', detail: `${type} is no event of this stream` }));
  throw new Problem('invalid', 'The request does not fit its schema; see errors.', { errors });
}

function follow(
  c: HonoContext<RouteEnv>,
  stream: string,
  following: Following,
  look?: () => Promise<TickSubscription>,
): Promise<Response> {
  const { caller, logins } = c.var;
  const owner = caller ? `user ${caller.userId}` : `${ofStrangers}${c.var.limits.addressOf(c)}`;
  refuseWithoutPlace(c, owner);
  const subscribe = () => {
    const subscription = c.var.ctx.events.tails.subscribe(stream, { ...following, owner });
    if (caller) logins.watch(caller, subscription);
    return subscription;
  };
  return answerEvents(c, subscribe, look);
}

/** Strangers fill half of a process's places at the most, so that whoever logs in finds one. */
function refuseWithoutPlace(c: HonoContext<RouteEnv>, owner: string): void {
  const {
    events: { tails },
    config,
  } = c.var.ctx;
  const isStranger = owner.startsWith(ofStrangers);
  const strangers = () => tails.count((some) => some?.startsWith(ofStrangers) === true);
  if (tails.count() >= mostClients || (isStranger && strangers() >= mostClients / 2))
    throw new Problem('unavailable', 'As many follow streams here as can; try again.', {
      headers: { 'retry-after': '5' },
    });
  const most = isStranger ? config.STREAMS_PER_ADDRESS : config.STREAMS_PER_CALLER;
  if (tails.count((some) => some === owner) >= most)
    throw new Problem('too_many_requests', `You follow ${most} streams already; close some, or log in.`, {
      headers: { 'retry-after': '30' },
    });
}

/** The streams, live. */
export const routes = [orderEvents, marketEvents, alertEvents];
