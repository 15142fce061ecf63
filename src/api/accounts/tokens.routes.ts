import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { deleteCookie } from 'hono/cookie';
import { Token } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { audit } from '../callers/audit.ts';
import { AfterUuid, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { type Principal, principalOf, sessionCookie } from '../callers/principal.ts';

/** A login as its owner sees it: never its token. */
export const TokenView = z
  .object({
    id: z.string(),
    created_at: z.string(),
    expires_at: z.string(),
    is_current: z.boolean(),
    is_two_factor: z.boolean().openapi({ description: 'Whether a second factor was shown.' }),
    device: z.string().nullable().openapi({ description: 'What the browser or program called itself.' }),
    address: z.string().nullable().openapi({ description: 'From where it logged in.' }),
  })
  .openapi('Token');
const TokenList = z.object({ data: z.array(TokenView), next_cursor: z.string().nullable() }).openapi('TokenList');

const exampleToken = {
  id: '019341d2-0000-7000-8000-000000000004',
  created_at: '2026-11-22T10:00:00.000Z',
  expires_at: '2026-11-23T10:00:00.000Z',
  is_current: true,
  is_two_factor: false,
  device: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0',
  address: '192.0.2.7',
};
const params = z.object({ id: Uuid.openapi({ example: exampleToken.id }) });

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/auth/tokens',
    operationId: 'listTokens',
    summary: "One's own logins that have not expired, newest first; never the tokens themselves.",
    tags: ['auth'],
    request: { query: z.object(PageQuery) },
    responses: {
      200: {
        description: 'A page of logins.',
        content: { 'application/json': { schema: TokenList, example: { data: [exampleToken], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const { orm, now } = c.var.ctx;
    const principal = principalOf(c);
    const listName = `tokens:${principal.userId}`;
    const before = cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } };
    const rows = await orm.em
      .fork()
      .find(
        Token,
        { user: principal.userId, expiresAt: { $gt: now() }, ...before },
        { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
      );
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map((row) => tokenView(row, principal)), next_cursor }, 200);
  },
);

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/auth/tokens/{id}',
    operationId: 'readToken',
    summary: "One of one's own logins.",
    tags: ['auth'],
    request: { params },
    responses: {
      200: { description: 'The login.', content: { 'application/json': { schema: TokenView, example: exampleToken } } },
    },
  },
  async (c) => c.json(tokenView(await namedToken(c), principalOf(c)), 200),
  namedToken,
);

async function namedToken(c: HonoContext<RouteEnv>): Promise<TokenRow> {
  const { orm, now } = c.var.ctx;
  const own = { id: Uuid.parse(c.req.param('id')), user: principalOf(c).userId, expiresAt: { $gt: now() } };
  const row = await orm.em.fork().findOne(Token, own, { disableIdentityMap: true });
  if (!row) throw unknownToken();
  return row;
}

const revoke = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/auth/tokens/{id}',
    operationId: 'revokeToken',
    summary: "Ends one of one's own logins.",
    tags: ['auth'],
    request: { params },
    responses: { 204: { description: 'Its token is worth nothing from now on.' } },
  },
  async (c) => {
    const { userId } = principalOf(c);
    const own = { id: c.req.valid('param').id, user: userId };
    await c.var.ctx.transaction(async (tx) => {
      if ((await tx.nativeDelete(Token, own)) === 0) throw unknownToken();
      await audit(c, tx);
    });
    c.var.logins.forget(userId);
    return c.body(null, 204);
  },
  namedToken,
);

const revokeAll = defineRoute(
  'user',
  {
    method: 'delete',
    path: '/auth/tokens',
    operationId: 'revokeAllTokens',
    summary: "Ends all of one's own logins, the one of this request included.",
    tags: ['auth'],
    responses: { 204: { description: 'Log in again.', headers: z.object({ 'Set-Cookie': z.string() }) } },
  },
  async (c) => {
    const { userId } = principalOf(c);
    await c.var.ctx.transaction(async (tx) => {
      const logins = await tx.nativeDelete(Token, { user: userId });
      await audit(c, tx, { subject: userId, before: { logins }, after: { logins: 0 } });
    });
    c.var.logins.forget(userId);
    deleteCookie(c, sessionCookie, { path: '/' });
    return c.body(null, 204);
  },
);

type TokenRow = InferEntity<typeof Token>;

function tokenView(
  { id, hash, createdAt, expiresAt, isTwoFactor, device, address }: TokenRow,
  { tokenHash }: Principal,
): z.input<typeof TokenView> {
  return {
    id,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    is_current: hash === tokenHash,
    is_two_factor: isTwoFactor,
    device: device ?? null,
    address: address ?? null,
  };
}

function unknownToken(): Problem {
  return new Problem('not_found', 'You have no such login.');
}

/** One's own logins: seeing them, and ending them. */
export const routes = [list, read, revoke, revokeAll];
