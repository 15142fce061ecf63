import { randomUUIDv7 } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { type Role, User } from '../../entities/accounts.entity.ts';
import { EventLogEnd } from '../../entities/outbox.entity.ts';
import { WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { Problem } from '../../errors.ts';
import { originOf } from '../../gateways/webhooks/public-address.ts';
import type { Endpoint } from '../../webhooks/endpoint.ts';
import { newSecret } from '../../webhooks/sign.ts';
import { audit } from '../callers/audit.ts';
import { requireLiveLogin } from '../callers/live-login.ts';
import { accountGone, principalOf } from '../callers/principal.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { AfterUuid, cutPage, PageQuery, readCursor } from '../http/page.ts';
import { refuseUntold, WebhookRequest } from './webhook-request.ts';
import { exampleWebhook, NewWebhookView, WebhookView, webhookView } from './webhook-view.ts';

const exampleSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const WebhookList = z.object({ data: z.array(WebhookView), next_cursor: z.string().nullable() }).openapi('WebhookList');
const mostOf = { user: 100, operator: 100, admin: 20_000 } as const;

const create = defineRoute(
  'user',
  {
    method: 'post',
    path: '/webhooks',
    operationId: 'createWebhook',
    summary: 'Has events posted to an address from now on; the answer has the secret that verifies them, this once.',
    tags: ['webhooks'],
    request: {
      headers: IdempotencyHeaders,
      body: {
        required: true,
        content: {
          'application/json': {
            schema: WebhookRequest,
            example: { url: exampleWebhook.url, description: exampleWebhook.description, types: exampleWebhook.types },
          },
        },
      },
    },
    responses: {
      201: {
        description: 'The webhook.',
        headers: z.object({ Location: z.string() }),
        content: {
          'application/json': { schema: NewWebhookView, example: { ...exampleWebhook, secret: exampleSecret } },
        },
      },
      403: { description: 'forbidden' },
      409: { description: 'too_many_webhooks, idempotency_key_in_use' },
      422: { description: 'invalid, idempotency_key_reused' },
    },
  },
  (c) => {
    const request = c.req.valid('json');
    const { role, userId } = principalOf(c);
    refuseOthersEvents(c, request);
    refuseUntold(c, request);
    const row = newEndpoint(userId, request, c.var.ctx.now());
    return answerOnce(c, request, async (tx) => {
      await requireLiveLogin(c, tx);
      await addEndpoint(tx, row, role);
      await audit(c, tx, { subject: row.id, after: factsOf(row) });
      return { status: 201, body: { ...webhookView(row), secret: row.secret }, location: `/webhooks/${row.id}` };
    });
  },
);

const fresh = {
  status: 'active',
  previousSecret: null,
  previousUntil: null,
  notice: null,
  pausedAt: null,
  failures: 0,
  retryAt: null,
  succeededAt: null,
  wakeAt: null,
  claim: null,
  again: false,
  deletedAt: null,
} as const;

/** A webhook that is to be. */
export function newEndpoint(userId: number, request: z.output<typeof WebhookRequest>, createdAt: Date) {
  return {
    id: randomUUIDv7(),
    userId,
    scope: request.scope,
    url: request.url,
    description: request.description ?? null,
    types: JSON.stringify(request.types ?? []),
    symbols: JSON.stringify(request.symbols ?? []),
    secret: newSecret(),
    ...fresh,
    createdAt,
  };
}

/** Stores it, to be told of what the log has from its end on. @throws Problem too_many_webhooks */
export async function addEndpoint(tx: EntityManager, row: ReturnType<typeof newEndpoint>, role: Role): Promise<void> {
  await refuseTooMany(tx, row.userId, mostOf[role]);
  const { position: since } = await tx.findOneOrFail(EventLogEnd, 1, { disableIdentityMap: true });
  await tx.insert(WebhookEndpoint, { ...row, since });
}

/** Requests of one user wait for each other, so that none is counted too late. */
async function refuseTooMany(tx: EntityManager, userId: number, most: number): Promise<void> {
  if ((await tx.nativeUpdate(User, { id: userId, deletedAt: null }, { id: userId })) === 0) throw accountGone();
  if ((await tx.count(WebhookEndpoint, { userId, deletedAt: null })) >= most)
    throw new Problem('too_many_webhooks', `You have ${most} webhooks already; delete one first.`);
}

/** What the audit may know of a webhook: of its address no more than the host, for the rest may be secret. */
export function factsOf(row: Omit<Endpoint, 'since'>) {
  const { scope, status, types, symbols } = webhookView(row);
  return { origin: originOf(row.url), scope, status, types, symbols };
}

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/webhooks',
    operationId: 'listWebhooks',
    summary: "One's own webhooks, newest first; an administrator sees all.",
    tags: ['webhooks'],
    request: { query: z.object(PageQuery) },
    responses: {
      200: {
        description: 'A page of webhooks.',
        content: {
          'application/json': { schema: WebhookList, example: { data: [exampleWebhook], next_cursor: null } },
        },
      },
    },
  },
  async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const { role, userId } = principalOf(c);
    const listName = `webhooks:${role === 'admin' ? 'all' : userId}`;
    const rows = await c.var.ctx.orm.em.fork().find(
      WebhookEndpoint,
      {
        deletedAt: null,
        ...(role === 'admin' ? {} : { userId }),
        ...(cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } }),
      },
      { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
    );
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map(webhookView), next_cursor }, 200);
  },
);

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/webhooks/{id}',
    operationId: 'readWebhook',
    summary: 'One webhook, and how it goes.',
    tags: ['webhooks'],
    request: { params: z.object({ id: Uuid.openapi({ example: exampleWebhook.id }) }) },
    responses: {
      200: {
        description: 'The webhook.',
        content: { 'application/json': { schema: WebhookView, example: exampleWebhook } },
      },
    },
  },
  async (c) => c.json(webhookView(await namedWebhook(c)), 200),
  namedWebhook,
);

/** The webhook that the path names, if the caller may see it. @throws Problem not_found */
export async function namedWebhook(c: HonoContext<RouteEnv>): Promise<Endpoint> {
  const { role, userId } = principalOf(c);
  const where = { id: Uuid.parse(c.req.param('id')), deletedAt: null, ...(role === 'admin' ? {} : { userId }) };
  const row = await c.var.ctx.orm.em.fork().findOne(WebhookEndpoint, where, { disableIdentityMap: true });
  if (!row) throw new Problem('not_found', 'You have no such webhook.');
  return row;
}

/** The same, if the caller may also know and decide what becomes of what it is told. @throws Problem not_found, forbidden */
export async function steeredWebhook(c: HonoContext<RouteEnv>): Promise<Endpoint> {
  const row = await namedWebhook(c);
  refuseOthersEvents(c, row);
  return row;
}

/**
 * Refuses who could not make such a webhook, though one like it be theirs: a key that is no administrator's, or who administers no
 * more. @throws Problem forbidden
 */
export function refuseOthersEvents(c: HonoContext<RouteEnv>, { scope }: Pick<Endpoint, 'scope'>): void {
  if (scope === 'all' && principalOf(c).role !== 'admin')
    throw new Problem(
      'forbidden',
      "Everybody's events are for administrators, and for such keys of theirs as reach all.",
    );
}

/** Having webhooks, and seeing them. */
export const routes = [create, list, read];
