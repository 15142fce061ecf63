import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { setCookie } from 'hono/cookie';
import { Token, User } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { audit } from '../callers/audit.ts';
import { defineRoute } from '../http/define-route.ts';
import { factorOf, takeCode } from '../../accounts/second-factor.ts';
import { hashToken } from '../../accounts/tokens.ts';
import { lockUser } from '../../accounts/users.ts';
import { principalOf, sessionCookie } from '../callers/principal.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { countCodes } from '../callers/second-factor.ts';
import { Code } from './mfa.routes.ts';
import { UserView, userView } from './user-view.ts';

const tokenSeconds = 24 * 3_600;

const ping = defineRoute(
  'public',
  {
    method: 'get',
    path: '/auth/ping',
    operationId: 'ping',
    summary: 'Says that the API is there; touches nothing.',
    tags: ['auth'],
    responses: {
      200: {
        description: 'It is there.',
        content: { 'application/json': { schema: z.object({ status: z.literal('ok') }), example: { status: 'ok' } } },
      },
    },
  },
  (c) => c.json({ status: 'ok' as const }, 200),
);

const Login = z.strictObject({
  email: z.email().max(254).toLowerCase(),
  password: z.string().min(1).max(1_024),
  code: Code.optional(),
});
const Granted = z.object({ access_token: z.string(), token_type: z.literal('bearer'), expires_in: z.int() });

const login = defineRoute(
  'public',
  {
    method: 'post',
    path: '/auth/login',
    operationId: 'login',
    summary:
      'Exchanges e-mail and password, and a code where the account has a second factor, for a token, and sets the session cookie.',
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: {
          'application/json': { schema: Login, example: { email: 'demo@example.com', password: 'orderflow-demo' } },
        },
      },
    },
    responses: {
      200: {
        description: 'A bearer token; it is shown this once.',
        headers: z.object({ 'Set-Cookie': z.string() }),
        content: {
          'application/json': {
            schema: Granted,
            example: { access_token: 'Zk3…', token_type: 'bearer', expires_in: tokenSeconds },
          },
        },
      },
      401: { description: 'bad_credentials, second_factor_required, bad_code' },
    },
  },
  async (c) => {
    const { email, password, code } = c.req.valid('json');
    const { orm, config } = c.var.ctx;
    const attempts = c.var.attempts(email, c.var.limits.addressOf(c));
    await attempts.refuseTooManyAnywhere();
    const user = await orm.em.fork().findOne(User, { email }, { disableIdentityMap: true });
    if (user) c.set('act', c.var.act && { ...c.var.act, subject: String(user.id) });
    if (!(await c.var.passwords.fits(password, user?.passwordHash, attempts)) || !user) throw wrongPair();
    await attempts.forgive();
    const token = await grantLogin(c, user, code);
    setCookie(c, sessionCookie, token, {
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
      maxAge: tokenSeconds,
      secure: config.publicUrl.startsWith('https:'),
    });
    c.header('cache-control', 'no-store');
    return c.json({ access_token: token, token_type: 'bearer' as const, expires_in: tokenSeconds }, 200);
  },
);

type Proven = Readonly<{ id: number; passwordHash: string }>;

/** Makes a login of who has shown the password, and shows the code where one is needed, and returns its token. */
async function grantLogin(c: HonoContext<RouteEnv>, user: Proven, code: string | undefined): Promise<string> {
  const { orm, transaction, now } = c.var.ctx;
  if (!(await factorOf(orm.em.fork(), user.id)))
    return transaction(async (tx) => {
      await lockProven(tx, user);
      if (await factorOf(tx, user.id)) throw codeNeeded();
      return storeLogin(c, tx, user.id, false);
    });
  if (code === undefined) throw codeNeeded();
  return countCodes(c, user.id, () =>
    transaction(async (tx) => {
      await lockProven(tx, user);
      return (await takeCode(tx, user.id, code, now())) ? storeLogin(c, tx, user.id, true) : undefined;
    }),
  );
}

/** Hashing takes its time: whoever has set another password meanwhile has ended the logins that the one before was to open. */
async function lockProven(tx: EntityManager, { id, passwordHash }: Proven): Promise<void> {
  if ((await lockUser(tx, id))?.passwordHash !== passwordHash) throw wrongPair();
}

function wrongPair(): Problem {
  return new Problem('bad_credentials', 'No account has this pair of e-mail and password.');
}

function codeNeeded(): Problem {
  return new Problem('second_factor_required', 'This account has a second factor, whose code is needed as well.');
}

async function storeLogin(c: HonoContext<RouteEnv>, tx: EntityManager, user: number, isTwoFactor: boolean) {
  const token = randomBytes(32).toString('base64url');
  const createdAt = c.var.ctx.now();
  const expiresAt = new Date(createdAt.getTime() + tokenSeconds * 1_000);
  const id = randomUUIDv7();
  await tx.insert(Token, { id, user, hash: hashToken(token), createdAt, expiresAt, isTwoFactor, ...whence(c) });
  await audit(c, tx, { actor: user, after: { login: id } });
  return token;
}

/** What a login is known by in its owner's list. */
function whence(c: HonoContext<RouteEnv>) {
  return {
    device: c.req.header('user-agent')?.slice(0, 200) ?? null,
    address: c.var.limits.senderOf(c).slice(0, 64) || null,
  };
}

const me = defineRoute(
  'user',
  {
    method: 'get',
    path: '/auth/me',
    operationId: 'me',
    summary: 'Who the token belongs to.',
    tags: ['auth'],
    responses: {
      200: {
        description: 'The caller.',
        content: {
          'application/json': {
            schema: UserView,
            example: {
              id: 1,
              email: 'demo@example.com',
              name: 'Demo Customer',
              role: 'user',
              created_at: '2026-11-22T10:00:00.000Z',
              email_confirmed_at: null,
            },
          },
        },
      },
    },
  },
  async (c) => {
    const em = c.var.ctx.orm.em.fork();
    const user = await em.findOneOrFail(User, principalOf(c).userId, { disableIdentityMap: true });
    return c.json(userView(user), 200);
  },
);

/** Logging in, and finding out who one is. */
export const routes = [ping, login, me];
