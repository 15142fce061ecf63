import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { stillGood } from '../../accounts/api-keys.ts';
import { ApiKey } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { audit } from '../callers/audit.ts';
import { principalOf } from '../callers/principal.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { AfterUuid, cutPage, PageQuery, readCursor } from '../http/page.ts';
import { exampleKey, keyView, KeyView } from './key-view.ts';

const KeyList = z.object({ data: z.array(KeyView), next_cursor: z.string().nullable() }).openapi('ApiKeyList');

/** The id of a key in a path. */
export const KeyParams = z.object({ id: Uuid.openapi({ example: exampleKey.id }) });

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/auth/keys',
    operationId: 'listKeys',
    summary: "One's own API keys that have not expired, newest first; never the keys themselves.",
    tags: ['auth'],
    request: { query: z.object(PageQuery) },
    responses: {
      200: {
        description: 'A page of keys.',
        content: { 'application/json': { schema: KeyList, example: { data: [exampleKey], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const { orm, now } = c.var.ctx;
    const { userId: user } = principalOf(c);
    const listName = `keys:${user}`;
    const before = cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } };
    const page = { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true } as const;
    const rows = await orm.em.fork().find(ApiKey, { user, ...before, ...stillGood(now()) }, page);
    const cut = cutPage(listName, rows, limit);
    return c.json({ data: cut.page.map(keyView), next_cursor: cut.next_cursor }, 200);
  },
);

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/auth/keys/{id}',
    operationId: 'readKey',
    summary: "One of one's own API keys.",
    tags: ['auth'],
    request: { params: KeyParams },
    responses: {
      200: { description: 'The key.', content: { 'application/json': { schema: KeyView, example: exampleKey } } },
    },
  },
  async (c) => c.json(keyView(await namedKey(c)), 200),
  namedKey,
);

const end = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/auth/keys/{id}',
    operationId: 'endKey',
    summary: "Ends one of one's own API keys, and within seconds the streams that it has opened.",
    tags: ['auth'],
    request: { params: KeyParams },
    responses: { 204: { description: 'It is worth nothing from now on.' } },
  },
  async (c) => {
    const { userId } = principalOf(c);
    const own = { id: c.req.valid('param').id, user: userId };
    await c.var.ctx.transaction(async (tx) => {
      if ((await tx.nativeDelete(ApiKey, own)) === 0) throw unknownKey();
      await audit(c, tx);
    });
    c.var.logins.forget(userId);
    return c.body(null, 204);
  },
  namedKey,
);

/** The caller's key that the path names. @throws Problem not_found */
export async function namedKey(c: HonoContext<RouteEnv>): Promise<InferEntity<typeof ApiKey>> {
  const { orm, now } = c.var.ctx;
  const own = { id: Uuid.parse(c.req.param('id')), user: principalOf(c).userId, ...stillGood(now()) };
  const row = await orm.em.fork().findOne(ApiKey, own, { disableIdentityMap: true });
  if (!row) throw unknownKey();
  return row;
}

/** There is no such key of the caller. */
export function unknownKey(): Problem {
  return new Problem('not_found', 'You have no such key.');
}

/** One's own API keys: seeing them, and ending them. */
export const routes = [list, read, end];
