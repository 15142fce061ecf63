import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { AlertRow } from '../../alerts/alert.ts';
import { stopWatchingForAlerts, watchForAlerts } from '../../alerts/watch-symbols.ts';
import { AlertFiring, PriceAlert } from '../../entities/alerts.entity.ts';
import { Problem } from '../../errors.ts';
import { Symbol } from '../../market/symbol.ts';
import { watchedAs } from '../../market/watchlist.ts';
import { audit } from '../callers/audit.ts';
import { requireLiveLogin } from '../callers/live-login.ts';
import { principalOf } from '../callers/principal.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { answerChecked, IdempotencyHeaders } from '../http/answer-once.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { AfterUuid, cutPage, PageQuery, readCursor } from '../http/page.ts';
import { requireListed } from '../market/watchlist.routes.ts';
import { AlertRequest } from './alert-request.ts';
import { alertView, AlertView, exampleAlert, lastFirings, NewAlertView } from './alert-view.ts';
import { carriedOf, refuseBeyondScope, refuseUncallable, storeAlert } from './new-alert.ts';

const AlertList = z.object({ data: z.array(AlertView), next_cursor: z.string().nullable() }).openapi('AlertList');
const params = z.object({ id: Uuid.openapi({ example: exampleAlert.id }) });

const create = defineRoute(
  'user',
  {
    method: 'post',
    path: '/market/alerts',
    operationId: 'createAlert',
    summary: 'Tells you when a price moves as you wish, and places an order then if you want that.',
    tags: ['alerts'],
    request: {
      headers: IdempotencyHeaders,
      body: {
        required: true,
        content: {
          'application/json': {
            schema: AlertRequest,
            example: { symbol: 'AAPL', above: 245, once: true },
          },
        },
      },
    },
    responses: {
      201: {
        description: 'The alert.',
        headers: z.object({ Location: z.string() }),
        content: { 'application/json': { schema: NewAlertView, example: exampleAlert } },
      },
      403: { description: 'forbidden, insufficient_scope' },
      404: { description: 'unknown_symbol' },
      409: { description: 'too_many_alerts, too_many_webhooks, idempotency_key_in_use' },
      422: {
        description:
          'invalid, watchlist_over_budget, unknown_product, currency_required, currency_unavailable, amount_not_chargeable, ' +
          'idempotency_key_reused',
      },
      503: { description: 'market_busy, upstream_unavailable, provider_plan_required or fx_rate_unavailable' },
    },
  },
  async (c) => {
    const request = c.req.valid('json');
    const { ctx } = c.var;
    refuseBeyondScope(c, request);
    refuseUncallable(c, request);
    const check = async () => {
      const carried = await carriedOf(c, request);
      await requireListed(c, request.symbol);
      return carried;
    };
    return answerChecked(c, request, check, async (tx, _, carried) => {
      await requireLiveLogin(c, tx);
      const { alert, secret } = await storeAlert(c, tx, request, carried);
      const { watchlist } = ctx.market;
      const everySeconds = await watchForAlerts(tx, watchlist, request.symbol, ctx.now());
      const view = alertView(alert, [], watchlist.isPolled ? everySeconds : null);
      const { symbol, above, below, percent, once, order } = view;
      await audit(c, tx, { subject: alert.id, after: { symbol, above, below, percent, once, order } });
      return {
        status: 201,
        body: { ...view, ...(secret === undefined ? {} : { webhook_secret: secret }) },
        location: `/market/alerts/${alert.id}`,
      };
    });
  },
);

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/market/alerts',
    operationId: 'listAlerts',
    summary: "One's own alerts, newest first, with what they last told.",
    tags: ['alerts'],
    request: {
      query: z.object({ ...PageQuery, symbol: Symbol.optional().openapi({ description: 'Of this symbol alone.' }) }),
    },
    responses: {
      200: {
        description: 'A page of alerts.',
        content: { 'application/json': { schema: AlertList, example: { data: [exampleAlert], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { cursor, limit, symbol } = c.req.valid('query');
    const { userId } = principalOf(c);
    const listName = `alerts:${userId}:${symbol ?? ''}`;
    const which = { userId, ...(symbol === undefined ? {} : { symbol }) };
    const rows = await c.var.ctx.orm.em
      .fork()
      .find(
        PriceAlert,
        { ...which, ...(cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } }) },
        { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
      );
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: await alertViews(c, page), next_cursor }, 200);
  },
);

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/market/alerts/{id}',
    operationId: 'readAlert',
    summary: 'One alert, how often its price is asked for, and its last firings.',
    tags: ['alerts'],
    request: { params },
    responses: {
      200: { description: 'The alert.', content: { 'application/json': { schema: AlertView, example: exampleAlert } } },
    },
  },
  async (c) => {
    const [view] = await alertViews(c, [await namedAlert(c)]);
    if (!view) throw unknownAlert();
    return c.json(view, 200);
  },
  namedAlert,
);

const remove = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/market/alerts/{id}',
    operationId: 'deleteAlert',
    summary:
      'Forgets an alert and its firings. An order that it has placed stands; one that it has not placed yet is not placed.',
    tags: ['alerts'],
    request: { params },
    responses: { 204: { description: 'It fires no more.' } },
  },
  async (c) => {
    const { id, symbol } = await namedAlert(c);
    const { transaction, market, now } = c.var.ctx;
    await transaction(async (tx) => {
      await tx.nativeDelete(PriceAlert, { id });
      await tx.nativeDelete(AlertFiring, { alert: id });
      await audit(c, tx, { before: { symbol } });
      await stopWatchingForAlerts(tx, market.watchlist, now());
    });
    return c.body(null, 204);
  },
  namedAlert,
);

async function alertViews(c: HonoContext<RouteEnv>, alerts: readonly AlertRow[]) {
  const { watchlist } = c.var.ctx.market;
  const [firings, watched] = await Promise.all([
    lastFirings(c.var.ctx.orm.em.fork(), alerts),
    watchlist.isPolled ? watchlist.all() : [],
  ]);
  return alerts.map((alert) =>
    alertView(alert, firings.get(alert.id) ?? [], watchedAs(watched, alert.symbol)?.everySeconds ?? null),
  );
}

/** The alert that the path names, if it is the caller's. @throws Problem not_found */
async function namedAlert(c: HonoContext<RouteEnv>): Promise<AlertRow> {
  const own = { id: Uuid.parse(c.req.param('id')), userId: principalOf(c).userId };
  const row = await c.var.ctx.orm.em.fork().findOne(PriceAlert, own, { disableIdentityMap: true });
  if (!row) throw unknownAlert();
  return row;
}

function unknownAlert(): Problem {
  return new Problem('not_found', 'You have no such alert.');
}

/** Alerts on prices. */
export const routes = [create, list, read, remove];
