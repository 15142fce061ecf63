import type { EntityManager } from '@mikro-orm/mysql';
import { LockMode } from '@mikro-orm/mysql';
import { randomUUIDv7 } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import { z } from 'zod';
import { wakes } from '../../alerts/alert.ts';
import type { CarriedOrder } from '../../alerts/carried-order.ts';
import { User } from '../../entities/accounts.entity.ts';
import { AlertCursor, PriceAlert } from '../../entities/alerts.entity.ts';
import { EventLogEnd } from '../../entities/outbox.entity.ts';
import { WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { Problem } from '../../errors.ts';
import { priceOf } from '../../market/data/quote.market.ts';
import { toMinor } from '../../money/money.ts';
import { priceItems, productsOf } from '../../orders/price-items.ts';
import { takesOf } from '../../orders/takeable.ts';
import { accountGone, type Principal, principalOf, requireScope } from '../callers/principal.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { wishedItems } from '../orders/order-request.ts';
import { WebhookRequest, refuseUntold } from '../webhooks/webhook-request.ts';
import { addEndpoint, newEndpoint } from '../webhooks/webhooks.routes.ts';
import { type AlertRequest, conditionOf } from './alert-request.ts';

const mostOf = { user: 1_000, operator: 1_000, admin: 20_000 } as const;
const Known = z.object({ c: z.number() });

/** The order that an alert is to carry, in a currency that is named. @throws Problem when no order could be that. */
export async function carriedOf(c: HonoContext<RouteEnv>, { order }: AlertRequest): Promise<CarriedOrder | undefined> {
  if (!order) return undefined;
  const { ctx } = c.var;
  const em = ctx.orm.em.fork();
  const wish = {
    items: wishedItems(order),
    totalAmount: undefined,
    currency: order.currency,
    takes: takesOf(ctx.payments.gateways),
    at: ctx.now(),
    fxMaxAgeMs: ctx.config.FX_MAX_AGE_SECONDS * 1_000,
  };
  const { currency } = await priceItems(em, await productsOf(em, [wish]), wish).catch(below('/order'));
  const most = toMinor(order.max_total, currency);
  if (most === undefined)
    throw new Problem('invalid', 'The request does not fit its schema; see errors.', {
      errors: [{ pointer: '/order/max_total', detail: `has more decimals than ${currency}` }],
    });
  return {
    items: [...wish.items].map(([product_id, { quantity }]) => ({ product_id, quantity })),
    currency,
    payment_method: order.payment_method ?? null,
    most_minor: most,
  };
}

/** Tells faults of a part of a request with its own place in front. */
function below(place: string) {
  return (error: unknown): never => {
    if (!(error instanceof Problem)) throw error;
    const errors = error.errors.map(({ pointer, detail }) => ({ pointer: `${place}${pointer}`, detail }));
    const { headers, facts } = error;
    throw new Problem(error.code, error.message, { errors, headers, facts, cause: error });
  };
}

/** Whoever may only make alerts orders nothing, and learns no webhook's secret. @throws Problem insufficient_scope */
export function refuseBeyondScope(c: HonoContext<RouteEnv>, { order, webhook }: AlertRequest): void {
  const principal = principalOf(c);
  if (order) requireScope(principal, 'orders:write');
  if (webhook !== undefined && isAddress(webhook)) requireScope(principal, 'webhooks:write');
}

/** @throws Problem invalid when the address of a webhook may not be called. */
export function refuseUncallable(c: HonoContext<RouteEnv>, { webhook }: AlertRequest): void {
  if (webhook === undefined || !isAddress(webhook)) return;
  try {
    refuseUntold(c, { url: webhook });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const errors = error.errors.map(({ detail }) => ({ pointer: '/webhook', detail }));
    throw new Problem(error.code, error.message, { errors });
  }
}

function isAddress(webhook: string): boolean {
  return !z.uuid().safeParse(webhook).success;
}

/**
 * Stores an alert, and its webhook where that is new. What is judged waits until it can be seen: every price after `since`
 * counts for it. @throws Problem too_many_alerts, too_many_webhooks, invalid of a webhook that is none of theirs, or unauthenticated
 * when the account has been deleted since the request came.
 */
export async function storeAlert(
  c: HonoContext<RouteEnv>,
  tx: EntityManager,
  request: AlertRequest,
  carried: CarriedOrder | undefined,
) {
  const principal = principalOf(c);
  const createdAt = c.var.ctx.now();
  await refuseTooMany(tx, principal);
  const hook = await webhookOf(tx, principal, request.webhook, createdAt);
  const since = await endOfPrices(tx);
  const condition = conditionOf(request);
  const { symbol } = request;
  const last = condition.kind === 'percent' ? await priceOf(symbol).store.last(tx, { symbol }, createdAt) : undefined;
  const state = {
    ...condition,
    isOnce: request.once ?? carried !== undefined,
    reference: last ? Known.parse(last.facts).c : null,
    isArmed: true,
    isOver: false,
  };
  const { isOver: _, ...stored } = state;
  const alert = {
    id: randomUUIDv7(),
    userId: principal.userId,
    symbol,
    ...stored,
    ...wakes(state),
    since,
    firings: 0,
    carried: carried ? JSON.stringify(carried) : null,
    webhookId: hook?.id ?? null,
    createdAt,
    endedAt: null,
  };
  await tx.insert(PriceAlert, alert);
  return { alert, secret: hook?.secret };
}

/**
 * Where the log ends, with judging held up until the alert can be seen, so that no price passes it by. While there was no alert
 * nobody judged: what has come meanwhile is passed over.
 */
async function endOfPrices(tx: EntityManager): Promise<number> {
  await tx.findOneOrFail(AlertCursor, 1, { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true });
  const { position } = await tx.findOneOrFail(EventLogEnd, 1, { disableIdentityMap: true });
  const other = await tx.findOne(PriceAlert, { endedAt: null }, { fields: ['id'], disableIdentityMap: true });
  if (!other) await tx.nativeUpdate(AlertCursor, { id: 1 }, { position });
  return position;
}

/** Requests of one user wait for each other, so that none is counted too late. */
async function refuseTooMany(tx: EntityManager, { userId, role }: Principal): Promise<void> {
  if ((await tx.nativeUpdate(User, { id: userId, deletedAt: null }, { id: userId })) === 0) throw accountGone();
  const most = mostOf[role];
  if ((await tx.count(PriceAlert, { userId, endedAt: null })) >= most)
    throw new Problem('too_many_alerts', `You have ${most} alerts already; delete one first.`);
}

/** The webhook that is told: one of the user's own that is told anything, found by its id or its address, or else a new one. */
async function webhookOf(tx: EntityManager, { userId, role }: Principal, named: string | undefined, at: Date) {
  if (named === undefined) return undefined;
  const which = isAddress(named) ? { url: named } : { id: named };
  const scope = isAddress(named) || role !== 'admin' ? { scope: 'own' as const } : {};
  const own = { ...which, ...scope, userId, deletedAt: null };
  const known = await tx.findOne(WebhookEndpoint, own, { orderBy: { id: 'asc' }, disableIdentityMap: true });
  if (known) return { id: known.id, secret: undefined };
  if (!isAddress(named))
    throw new Problem('invalid', 'You have no such webhook; GET /webhooks lists yours.', {
      errors: [{ pointer: '/webhook', detail: 'is none of yours' }],
    });
  const row = newEndpoint(userId, WebhookRequest.parse({ url: named, types: ['alert.fired'] }), at);
  await addEndpoint(tx, row, role);
  return { id: row.id, secret: row.secret };
}
