import { z } from '@hono/zod-openapi';
import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { lockUser } from '../../accounts/users.ts';
import { PriceAlert } from '../../entities/alerts.entity.ts';
import { WebhookDelivery, WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { Problem } from '../../errors.ts';
import { presentOf } from '../../mysql/present.ts';
import type { Endpoint } from '../../webhooks/endpoint.ts';
import { rotated } from '../../webhooks/sign.ts';
import { audit, differing } from '../callers/audit.ts';
import { requireLiveLogin } from '../callers/live-login.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { refuseUntold, WebhookChange } from './webhook-request.ts';
import { exampleWebhook, ChangedWebhookView, webhookView } from './webhook-view.ts';
import { factsOf, namedWebhook, refuseOthersEvents } from './webhooks.routes.ts';

const params = z.object({ id: Uuid.openapi({ example: exampleWebhook.id }) });

const change = defineRoute(
  'user',
  {
    method: 'patch',
    path: '/webhooks/{id}',
    operationId: 'changeWebhook',
    summary: 'Changes a webhook, pauses it or lets it go on, or gives it a new secret.',
    tags: ['webhooks'],
    request: {
      params,
      body: {
        required: true,
        content: {
          'application/json': { schema: WebhookChange, example: { types: ['order.paid', 'order.refunded'] } },
        },
      },
    },
    responses: {
      200: {
        description: 'The webhook as it is now.',
        content: { 'application/json': { schema: ChangedWebhookView, example: exampleWebhook } },
      },
      403: { description: "forbidden: everybody's events" },
    },
  },
  async (c) => {
    const request = c.req.valid('json');
    refuseUntold(c, request);
    const named = await namedWebhook(c);
    if (!isOnlyPause(request)) refuseOthersEvents(c, named);
    const changed = await c.var.ctx.transaction(async (tx) => {
      await requireLiveLogin(c, tx);
      // Workers look by this clock whether it is to be tried.
      const at = await presentOf(tx);
      const row = await lockWebhook(tx, named);
      const fields = fieldsOf(request, row, at);
      if (fields.status === 'active') await resume(tx, row.id);
      if (Object.keys(fields).length > 0) await tx.nativeUpdate(WebhookEndpoint, { id: row.id }, fields);
      const now = { ...row, ...fields };
      const { before, after } = differing(factsOf(row), factsOf(now));
      const isRotated = request.rotate_secret === true;
      await audit(c, tx, { before: before ?? {}, after: { ...after, ...(isRotated ? { secret_rotated: true } : {}) } });
      return now;
    });
    const secret = request.rotate_secret === true ? { secret: changed.secret } : {};
    return c.json({ ...webhookView(changed), ...secret }, 200);
  },
  namedWebhook,
);

/** Whether nothing more is told by what is asked for. */
function isOnlyPause({ status, ...others }: z.output<typeof WebhookChange>): boolean {
  return status !== 'active' && Object.values(others).every((value) => value === undefined);
}

async function lockWebhook(tx: EntityManager, { id }: Endpoint): Promise<Endpoint> {
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  const row = await tx.findOne(WebhookEndpoint, { id, deletedAt: null }, options);
  if (!row) throw new Problem('not_found', 'You have no such webhook.');
  return row;
}

/** What a request changes in the row. An endpoint that is somewhere else now, or goes on, is tried at once. */
function fieldsOf(request: z.output<typeof WebhookChange>, row: Endpoint, at: Date) {
  const { url, description, types, symbols, rotate_secret: rotates } = request;
  const status = request.status ?? (url !== undefined && row.status === 'active' ? 'active' : undefined);
  return {
    ...(url === undefined ? {} : { url }),
    ...(description === undefined ? {} : { description }),
    ...(types === undefined ? {} : { types: JSON.stringify(types) }),
    ...(symbols === undefined ? {} : { symbols: JSON.stringify(symbols) }),
    ...(rotates ? rotated(row, at) : {}),
    ...(status === 'active'
      ? { status, notice: null, pausedAt: null, failures: 0, retryAt: null, wakeAt: at, claim: null }
      : {}),
    ...(status === 'paused' ? { status, notice: null, pausedAt: at, wakeAt: null, claim: null } : {}),
  };
}

/** What has failed is tried at once, and has three days again. */
async function resume(tx: EntityManager, endpoint: string): Promise<void> {
  await tx.nativeUpdate(WebhookDelivery, { endpoint, state: 'retrying' }, { failingSince: null, dueAt: null });
}

const remove = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/webhooks/{id}',
    operationId: 'deleteWebhook',
    summary:
      'Ends a webhook: nothing more is sent to it. Alerts that name it tell each webhook that takes `alert.fired` from then on.',
    tags: ['webhooks'],
    request: { params },
    responses: { 204: { description: 'It is gone.' } },
  },
  async (c) => {
    const named = await namedWebhook(c);
    await c.var.ctx.transaction(async (tx) => {
      // Whoever makes an alert has this lock before they look for its webhook.
      await lockUser(tx, named.userId);
      const row = await lockWebhook(tx, named);
      const ended = { deletedAt: c.var.ctx.now(), wakeAt: null, claim: null };
      await tx.nativeUpdate(WebhookEndpoint, { id: row.id }, ended);
      await tx.nativeUpdate(PriceAlert, { userId: row.userId, webhookId: row.id }, { webhookId: null });
      await audit(c, tx, { before: factsOf(row) });
    });
    return c.body(null, 204);
  },
  namedWebhook,
);

/** Changing webhooks, and ending them. */
export const routes = [change, remove];
