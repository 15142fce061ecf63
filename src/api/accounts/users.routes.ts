import { hash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { roles, User } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { lockUser } from '../../accounts/users.ts';
import { audit } from '../callers/audit.ts';
import { Email, NewPassword, PersonName, requireFreshLogin, storeUser } from '../callers/credentials.ts';
import { AfterInteger, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { IntegerId } from '../http/fields.ts';
import { requireLiveLogin } from '../callers/live-login.ts';
import { principalOf } from '../callers/principal.ts';
import { exampleUser, UserView, userView } from './user-view.ts';

const UserList = z.object({ data: z.array(UserView), next_cursor: z.string().nullable() }).openapi('UserList');
const userContent = { 'application/json': { schema: UserView, example: exampleUser } };

const list = defineRoute(
  'admin',
  {
    method: 'get',
    path: '/users',
    operationId: 'listUsers',
    summary: 'Everyone with an account, oldest first.',
    tags: ['users'],
    request: { query: z.object({ ...PageQuery, role: z.enum(roles).optional(), email: Email.optional() }) },
    responses: {
      200: {
        description: 'A page of users.',
        content: { 'application/json': { schema: UserList, example: { data: [exampleUser], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { cursor, limit, role, email } = c.req.valid('query');
    const listName = `users:${role ?? ''}${email === undefined ? '' : `:${hash('sha256', email, 'base64url')}`}`;
    const wanted = {
      deletedAt: null,
      ...(role === undefined ? {} : { role }),
      ...(email === undefined ? {} : { email }),
      ...(cursor === undefined ? {} : { id: { $gt: readCursor(listName, cursor, AfterInteger) } }),
    };
    const page = { orderBy: { id: 'asc' }, limit: limit + 1, disableIdentityMap: true } as const;
    const rows = cutPage(listName, await c.var.ctx.orm.em.fork().find(User, wanted, page), limit);
    return c.json({ data: rows.page.map(userView), next_cursor: rows.next_cursor }, 200);
  },
);

const NewUser = z
  .strictObject({ email: Email, password: NewPassword, name: PersonName, role: z.enum(roles).default('user') })
  .openapi('NewUser');
const exampleNewUser = { email: 'ada@example.com', password: 'a long sentence', name: 'Ada Example', role: 'operator' };

const create = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/users',
    operationId: 'createUser',
    summary: 'Opens an account for someone else, with any role.',
    tags: ['users'],
    request: {
      headers: IdempotencyHeaders,
      body: { required: true, content: { 'application/json': { schema: NewUser, example: exampleNewUser } } },
    },
    responses: {
      201: { description: 'The account.', headers: z.object({ Location: z.string() }), content: userContent },
      403: { description: 'forbidden, fresh_login_required' },
      409: { description: 'email_taken, idempotency_key_in_use' },
      422: { description: 'invalid, idempotency_key_reused' },
    },
  },
  async (c) => {
    const { password, ...given } = c.req.valid('json');
    const row = {
      ...given,
      passwordHash: await c.var.passwords.hash(password, c.var.limits.addressOf(c)),
      createdAt: c.var.ctx.now(),
    };
    const creating = answerOnce(c, await compared(c, given, password), async (tx) => {
      // Not before: whoever repeats a request is answered as the first time, however old their login is by then.
      if (given.role !== 'user') requireFreshLogin(c);
      await requireLiveLogin(c, tx);
      const id = await tx.insert(User, row);
      await audit(c, tx, { subject: id, after: given });
      return { status: 201, body: userView({ ...row, id }), location: `/users/${id}` };
    });
    return storeUser(creating);
  },
);

/** What a repeated request must be equal to: of the password, a mark that is worth no more than its hash. */
async function compared(c: HonoContext<RouteEnv>, given: object, password: string): Promise<object> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return given;
  return {
    ...given,
    password: await c.var.passwords.mark(password, `${principalOf(c).userId} ${key}`, c.var.limits.addressOf(c)),
  };
}

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/users/{id}',
    operationId: 'readUser',
    summary: "One's own account; an administrator sees everyone's.",
    tags: ['users'],
    request: { params: z.object({ id: IntegerId }) },
    responses: { 200: { description: 'The account.', content: userContent } },
  },
  async (c) => c.json(userView(await namedUser(c)), 200),
  namedUser,
);

/** The account that the path names, if the caller may see it. @throws Problem not_found */
export async function namedUser(c: HonoContext<RouteEnv>): Promise<InferEntity<typeof User>> {
  const id = accountOf(c, IntegerId.parse(c.req.param('id')));
  const user = await c.var.ctx.orm.em.fork().findOne(User, { id, deletedAt: null }, { disableIdentityMap: true });
  if (!user) throw unknownUser();
  return user;
}

/** The id, if the caller may touch that account. @throws Problem not_found: whose it is, and whether it is, stays unsaid. */
export function accountOf(c: HonoContext<RouteEnv>, id: number): number {
  const { userId, role } = principalOf(c);
  if (id !== userId && role !== 'admin')
    throw unknownUser(new Problem('forbidden', "Others' accounts are for administrators."));
  return id;
}

/** The account, locked until the transaction ends. @throws Problem not_found */
export async function lockAccount(tx: EntityManager, id: number): Promise<InferEntity<typeof User>> {
  const user = await lockUser(tx, id);
  if (!user) throw unknownUser();
  return user;
}

/** There is no such account, or none that the caller may see. */
function unknownUser(cause?: Problem): Problem {
  return new Problem('not_found', 'There is no such user that you may see.', { cause });
}

/** Accounts: seeing them, and opening them for others. */
export const routes = [list, create, read];
