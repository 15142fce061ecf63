import { z } from '@hono/zod-openapi';
import { deleteCookie } from 'hono/cookie';
import { Token, User } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import { endLinks } from '../../accounts/verifications.ts';
import { audit } from '../callers/audit.ts';
import {
  Email,
  NewPassword,
  PersonName,
  storeUser,
  checkPresentPassword,
  wrongPassword,
} from '../callers/credentials.ts';
import { defineRoute } from '../http/define-route.ts';
import { lockCaller } from '../callers/live-login.ts';
import { principalOf, sessionCookie } from '../callers/principal.ts';
import { publicUrlOf } from '../http/public-url.ts';
import { mailAfter, sendsMails } from './mail.ts';
import { exampleUser, UserView, userView } from './user-view.ts';

const Registration = z.strictObject({ email: Email, password: NewPassword, name: PersonName }).openapi('Registration');
const exampleRegistration = { email: 'ada@example.com', password: 'a long sentence', name: 'Ada Example' };

const register = defineRoute(
  'public',
  {
    method: 'post',
    path: '/auth/register',
    operationId: 'register',
    summary: 'Opens an account for a customer.',
    tags: ['auth'],
    request: {
      body: { required: true, content: { 'application/json': { schema: Registration, example: exampleRegistration } } },
    },
    responses: {
      201: {
        description: 'The account; log in next.',
        headers: z.object({ Location: z.string() }),
        content: { 'application/json': { schema: UserView, example: exampleUser } },
      },
      409: { description: 'email_taken' },
    },
  },
  async (c) => {
    const { email, password, name } = c.req.valid('json');
    const { transaction, now } = c.var.ctx;
    const { addressOf } = c.var.limits;
    const row = {
      email,
      name,
      role: 'user' as const,
      passwordHash: await c.var.passwords.hash(password, addressOf(c)),
      createdAt: now(),
    };
    const storing = transaction(async (tx, after) => {
      const stored = await tx.insert(User, row);
      if (sendsMails(c)) await mailAfter(tx, after, 'confirm', email, row.createdAt);
      await audit(c, tx, { subject: stored, after: { role: row.role } });
      return stored;
    });
    const id = await storeUser(storing);
    c.header('location', publicUrlOf(c.var.ctx.config, `/users/${id}`));
    return c.json(userView({ ...row, id }), 201);
  },
);

const logout = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/logout',
    operationId: 'logout',
    summary: 'Ends the login that the request came with, and takes the session cookie back.',
    tags: ['auth'],
    responses: {
      204: { description: 'The token is worth nothing from now on.', headers: z.object({ 'Set-Cookie': z.string() }) },
    },
  },
  async (c) => {
    const { userId, tokenHash } = principalOf(c);
    const ending = c.var.ctx.transaction(async (tx) => {
      await tx.nativeDelete(Token, { hash: tokenHash });
      await audit(c, tx, { subject: userId });
    });
    await ending.catch((cause: unknown) => {
      const retry = { cause, headers: { 'retry-after': '1' } };
      throw new Problem('unavailable', 'The login could not be ended and is still good; log out again.', retry);
    });
    c.var.logins.forget(userId);
    deleteCookie(c, sessionCookie, { path: '/' });
    return c.body(null, 204);
  },
);

const PasswordChange = z
  .strictObject({ current: z.string().min(1).max(1_024), new: NewPassword })
  .openapi('PasswordChange');
const examplePasswordChange = { current: 'a long sentence', new: 'an even longer one' };

const changePassword = defineRoute(
  'user',
  {
    method: 'post',
    path: '/auth/password',
    operationId: 'changePassword',
    summary: "Changes one's password, and ends every other login of the account and the links for a new one.",
    tags: ['auth'],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: PasswordChange, example: examplePasswordChange } },
      },
    },
    responses: {
      204: { description: 'Changed; the token of this request goes on.' },
      401: { description: 'bad_credentials, unauthenticated' },
    },
  },
  async (c) => {
    const { current, new: wanted } = c.req.valid('json');
    const { userId, tokenHash } = principalOf(c);
    const presentHash = await checkPresentPassword(c, current);
    const passwordHash = await c.var.passwords.hash(wanted, c.var.limits.addressOf(c));
    const { transaction, now } = c.var.ctx;
    await transaction(async (tx) => {
      const user = await lockCaller(c, tx);
      // Of two changes at once, one finds its `current` outdated.
      if (user.passwordHash !== presentHash) throw wrongPassword();
      await tx.nativeUpdate(User, { id: userId }, { passwordHash });
      await tx.nativeDelete(Token, { user: userId, hash: { $ne: tokenHash } });
      await endLinks(tx, user.email, now(), ['reset']);
      await audit(c, tx, { subject: userId, after: { password: wanted } });
    });
    c.var.logins.forget(userId);
    return c.body(null, 204);
  },
);

/** One's own account: opening it, leaving it, locking others out of it. */
export const routes = [register, logout, changePassword];
